"""Programs of 2016 to 2019: what they import as ``tensorflow`` and ``keras``, made of giulgi.

``giulgi run program.py`` lets a program find them; :func:`install` does so inside a notebook. There
is no second engine here: a name, what its arguments mean, and a call to giulgi.

===========  ================================================================================
names        which names there are, and where they come from
modules      modules made of the names, and how ``import tensorflow`` finds them
dtypes       ``tf.float32`` and the others
shapes       ``TensorShape`` and ``Dimension``
graph        a graph of named operations: scopes, collections, control dependencies;
             ``graph_functions`` has what a program calls of these
tensor       the tensor of such a graph, its operators, and what becomes one
deferred     operations on tensors of which nothing is known before they are fed
operation    how a function of giulgi becomes an operation of the graph
host         operations that Python carries out: files, queues, strings, summaries; ``passages``
             knows which of them have a gradient in TensorFlow, so that none is lost silently
variables    variables; ``variable_scopes`` has the scopes that share them, ``foreign_values`` those
             of strings and complex numbers
session      sessions
opened       which graphs and sessions are open, in each thread
eager/       computing at once, as TensorFlow 2 does: tensors with values, tapes, traced functions
manner       which TensorFlow a program is written for; ``graph_manners`` has what graphs differ in
operand      operators; ``references`` and ``variable_values`` have what else TensorFlow 2 asks for
feeding      what is fed, as arrays
programs     what is run, interpreted at first and compiled when that pays
running      what a session does for what is fetched and fed
growth       tells of a graph that grows in a loop
watching     takes notes for ``giulgi run --explain`` and ``--profile``
healing/     what NumPy, pandas and others have removed since
tensorflow/  the functions and classes, by family: a folder each
keras/       Keras 2 and 1, and where their names lay
===========  ================================================================================
"""

from giulgi.compat.modules import install as install
