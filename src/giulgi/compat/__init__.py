"""Programs of 2016 to 2019: what they import as ``tensorflow`` and ``keras``, made of giulgi.

``giulgi run program.py`` lets a program find them; :func:`install` does so inside a notebook. There
is no second engine here: a name, what its arguments mean, and a call to giulgi.

=============  ==============================================================================
names          which names there are, and where they come from
modules        modules made of the names, and how ``import tensorflow`` finds them
dtypes         ``tf.float32`` and the others
shapes         ``TensorShape`` and ``Dimension``
graph          a graph of named operations: scopes, collections, control dependencies;
               ``graph_functions`` has what a program calls of these, ``graph_keys`` the names of
               collections
tensor         the tensor of such a graph, and what becomes one; ``slices`` between computed bounds
deferred       operations on tensors of which nothing is known before they are fed
operation      how a function of giulgi becomes an operation of the graph
host           operations that Python carries out: files, queues, strings, summaries; ``passages``
               knows which of them have a gradient in TensorFlow, so that none is lost silently;
               ``by_python`` lets networks call them, which no session runs
with_gradient  a value whose gradient a program gives; ``assigned``: a variable after an assignment
variables      variables; ``variable_scopes`` has the scopes that share them,
               ``foreign_values`` those of strings and complex numbers, ``variable_methods`` what
               else they can do
session        sessions
opened         which graphs and sessions are open, in each thread
eager/         computing at once, as TensorFlow 2 does: tensors with values, tapes, traced functions
manner         for which TensorFlow a program is written; ``graph_manners``: what graphs differ in
operand        operators; ``references`` and ``variable_values``: what else TensorFlow 2 asks for
refusals       what TensorFlow refuses; ``errors``: its errors; ``wording``: giulgi's advice in
               the words of a program
feeding        what is fed, as arrays
programs       what is run, interpreted at first and compiled when that pays
running        what a session does for what is fetched and fed
growth         tells of a graph that grows in a loop
watching       takes notes for ``giulgi run --explain`` and ``--profile``
downloads      data sets and weights that programs expect to be fetched
healing/       what NumPy, pandas and others have removed since
tensorflow/    the functions and classes, by family: a folder each
keras/         Keras 2 and 1, and where their names lay
=============  ==============================================================================
"""

from giulgi.compat.modules import install as install
