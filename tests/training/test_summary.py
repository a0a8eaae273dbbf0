"""The table of a network, to the letter."""

import numpy as np

import giulgi as gg

L = gg.layers


def text_of(model):
    lines = []
    model.summary(print_fn=lines.append)
    return "\n".join(lines).splitlines()


def table(text):
    return text.strip("\n").splitlines()


def test_layers_one_after_another(capsys):
    model = gg.Sequential(
        [
            gg.Input((784,)),
            L.Dense(512, "relu", name="hidden"),
            L.Dropout(0.2, name="dropout"),
            L.Dense(10, "softmax", name="digits"),
        ],
        name="network",
    )
    model.summary()
    assert capsys.readouterr().out.splitlines() == table("""
Model "network"
-----------------  ------------  -------
Layer (type)       Output shape  Weights
-----------------  ------------  -------
hidden (Dense)     (?, 512)      401,920
dropout (Dropout)  (?, 512)            0
digits (Dense)     (?, 10)         5,130
-----------------  ------------  -------
Weights: 407,050 (1.63 MB)
""")


def test_shared_layers_and_several_inputs():
    left, right = gg.Input((4,), name="left"), gg.Input((4,), name="right")
    shared = L.Dense(3, name="shared")
    head = L.Dense(1, name="head")(gg.abs(shared(left) - shared(right)))
    both = L.Dense(1, name="both")(gg.concat([head, left], axis=-1))
    assert text_of(gg.Model([left, right], both, name="twins")) == table("""
Model "twins"
--------------  ------------  -------  ------------
Layer (type)    Output shape  Weights  Connected to
--------------  ------------  -------  ------------
left (Input)    (?, 4)              0
right (Input)   (?, 4)              0
shared (Dense)  (?, 3)             15  left
shared (Dense)  (?, 3)         shared  right
head (Dense)    (?, 1)              4  shared
both (Dense)    (?, 1)              6  head, left
--------------  ------------  -------  ------------
Weights: 25 (100 B)
""")


def test_a_layer_with_several_results():
    class Fork(L.Layer):
        def call(self, x):
            return x, x + 1

    x = gg.Input((3,), name="x")
    first, second = Fork(name="fork")(x)
    model = gg.Model(x, [first, L.Dense(1, name="head")(second)], name="forked")
    assert text_of(model)[4:7] == table("""
x (Input)     (?, 3)                0
fork (Fork)   (?, 3), (?, 3)        0  x
head (Dense)  (?, 1)                4  fork
""")


def test_not_built_yet():
    model = gg.Sequential([L.Dense(5, name="a"), L.Dense(2, name="b")], name="later")
    assert text_of(model) == table("""
Model "later"
------------  -------------  -------
Layer (type)  Output shape   Weights
------------  -------------  -------
a (Dense)     not built yet        ?
b (Dense)     not built yet        ?
------------  -------------  -------
The weights are made once the shape of the inputs is known: fit, or gg.Input.
""")
    model.build((None, 3))
    assert text_of(model)[4:] == table("""
a (Dense)     (?, 5)             20
b (Dense)     (?, 2)             12
------------  ------------  -------
Weights: 32 (128 B)
""")


class Mine(gg.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.a = L.Dense(3, name="a")
        self.b = [L.Dense(2, name="b")]

    def call(self, x):
        return self.b[0](self.a(x))


def test_a_network_as_a_class():
    model = Mine()
    assert text_of(model)[4] == "a (Dense)     not built yet        ?"
    model(np.zeros((2, 3)))
    assert text_of(model)[4:6] == table("""
a (Dense)     ?                  12
b (Dense)     ?                   8
""")
    model.compile("sgd", "mse")
    model.fit(np.zeros((2, 3)), np.zeros((2, 2)), verbose=0)
    assert text_of(model) == table("""
Model "mine"
------------  ------------  -------
Layer (type)  Output shape  Weights
------------  ------------  -------
a (Dense)     (?, 3)             12
b (Dense)     (?, 2)              8
------------  ------------  -------
Weights: 20 (80 B)
""")


class Block(L.Layer):
    """A layer made of layers, with a name like that of another."""

    def __init__(self, units, name):
        super().__init__(name=name)
        self.dense, self.dropout = L.Dense(units, "relu"), L.Dropout(0.2)

    def call(self, x):
        return self.dropout(self.dense(x))


class Larger(gg.Model):
    """Layers in layers, in one phase alone, used twice, for nothing, and without effect."""

    def __init__(self):
        super().__init__(name="larger")
        self.flatten = L.Flatten(name="flatten")
        self.blocks = [Block(6, "block"), Block(5, "block_1")]
        self.dropout = L.Dropout(0.5, name="dropout")
        self.twice = L.Dense(4, name="twice")
        self.idle = L.Dense(3, name="idle")
        self.linear = L.Activation("linear", name="linear")

    def call(self, x, training=False):
        flat = self.flatten(x)
        x = self.blocks[1](self.blocks[0](flat))
        if training:
            x = self.dropout(x)
        rows = gg.stack([x, x], axis=1)
        return self.linear(self.twice(x) + gg.sum(self.twice(rows), axis=1))


def test_layers_inside_of_a_class():
    model = Larger()
    model.predict(np.zeros((2, 3, 4)), verbose=0)
    assert text_of(model)[4:11] == table("""
flatten (Flatten)    (?, 12)                  0
block (Block)        (?, 6)                  78
block_1 (Block)      (?, 5)                  35
dropout (Dropout)    (?, 5)                   0
twice (Dense)        (?, 4), (?, 2, 4)       24
idle (Dense)         not used                 0
linear (Activation)  ?                        0
""")


class Shifted(L.Layer):
    """A layer that computes with the size of the batch, which is one node for all layers."""

    def call(self, x):
        return x + gg.cast(gg.size(x, 0) * 2, "float32")


class Smaller(L.Layer):
    """Another one."""

    def call(self, x):
        return x / gg.sqrt(gg.cast(gg.size(x, 0) * 2, "float64")).astype("float32")


class Two(gg.Model):
    def __init__(self):
        super().__init__(name="two")
        self.a, self.b = Shifted(name="a"), Smaller(name="b")

    def call(self, x):
        return self.a(x) + self.b(x)


def test_sizes_are_no_results_of_layers_inside_of_a_class():
    model = Two()
    model.predict(np.zeros((2, 3)), verbose=0)
    assert text_of(model)[4:6] == table("""
a (Shifted)   (?, 3)              0
b (Smaller)   (?, 3)              0
""")


def test_layers_of_one_name_inside_of_a_class():
    """Their nodes cannot be told apart."""
    model = Mine()
    model.b[0].name = "a"
    model.predict(np.zeros((2, 3)), verbose=0)
    assert text_of(model)[4:6] == table("""
a (Dense)     ?                  12
a (Dense)     ?                   8
""")


def test_many_connections_go_on_in_further_lines():
    x = gg.Input((4,), name="x")
    branches = [L.Dense(3, name=f"branch_{i}")(x) for i in range(7)]
    model = gg.Model(x, L.Dense(1, name="head")(gg.concat(branches, axis=-1)))
    lines = text_of(model)
    assert max(map(len, lines)) <= 80
    assert lines[12:15] == table("""
head (Dense)      (?, 1)             22  branch_0, branch_1, branch_2, branch_3,
                                         branch_4, branch_5, branch_6
----------------  ------------  -------  ---------------------------------------
""")


def test_a_long_name_of_a_layer_leaves_room_for_the_others():
    name = "a_name_that_is_longer_than_it_should_be_for_a_table_like_this"
    x = gg.Input((4,), name="x")
    model = gg.Model(x, L.Dense(1, name=name)(gg.concat([L.Dense(3, name="a")(x), x], axis=-1)))
    assert text_of(model)[6].endswith("8  a, x")


def test_what_is_fixed():
    model = gg.Sequential([gg.Input((4,)), L.Dense(3, trainable=False), L.Dense(2)])
    assert text_of(model)[-2:] == ["Weights: 23 (92 B)", "of which trainable: 8, fixed: 15"]


def test_networks_in_networks():
    inner = gg.Sequential([gg.Input((4,)), L.Dense(3), L.Dense(3)], name="inner")
    x = gg.Input((4,))
    model = gg.Model(x, L.Dense(2, name="head")(inner(x)))
    assert text_of(model)[4:6] == table("""
inner (Sequential)  (?, 3)             27
head (Dense)        (?, 2)              8
""")


def test_weights_of_64_bits_are_twice_as_large():
    model = gg.Sequential([gg.Input((4,), dtype="float64"), L.Dense(3, dtype="float64")])
    assert text_of(model)[-1] == "Weights: 15 (120 B)"


def test_lines_are_folded_where_one_wants():
    inputs = [gg.Input((2,), name=f"input_number_{i}") for i in range(4)]
    model = gg.Model(inputs, L.Dense(1, name="end")(gg.concat(inputs, axis=-1)))
    longest = {}
    for length in (None, 65, 200):
        lines = []
        model.summary(line_length=length, print_fn=lines.append)
        longest[length] = max(map(len, lines[0].splitlines()))
    assert 65 < longest[None] <= 80 < longest[200]
    assert longest[65] <= 65
