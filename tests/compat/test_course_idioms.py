"""What programs of courses do that crosses families, in a few lines each."""

import numpy as np


def test_labels_with_an_axis_too_many_are_taken_as_a_matrix(tf):
    logits = tf.placeholder(tf.float32, [None, 3])
    labels = tf.stop_gradient([tf.one_hot([2, 0], 3)])
    cost = tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=labels)
    given = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]])
    exact = np.log(np.exp(given).sum(1)) - given[[0, 1], [2, 0]]
    with tf.Session() as sess:
        assert np.allclose(sess.run(cost, {logits: given}), exact, atol=1e-6)


def test_optimizers_of_tensorflow_2_are_those_of_keras(tf):
    from tensorflow.keras.optimizers import Adam

    assert tf.optimizers.Adam is Adam


def test_names_may_be_set_on_the_module(tf):
    tf.model = tf.keras.Sequential()
    tf.model.add(tf.keras.layers.Dense(units=1, input_dim=1))
    tf.model.compile(loss="mse", optimizer=tf.optimizers.SGD(lr=0.1))
    x = np.array([[1.0], [2.0], [3.0]])
    history = tf.model.fit(x, x, epochs=150, verbose=0)
    assert history.history["loss"][-1] < 1e-2
    assert abs(tf.model.predict(np.array([[5.0]]))[0, 0] - 5) < 0.5


def test_a_graph_and_its_variables_live_through_a_checkpoint(tf, tmp_path):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.variable_scope("layer"):
        w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
    tf.identity(tf.matmul(x, w), name="y")
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(w.assign([[2.0], [3.0]]))
        path = saver.save(sess, str(tmp_path / "model"), global_step=7)
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        tf.train.import_meta_graph(f"{path}.meta").restore(sess, path)
        assert sess.run("y:0", {"x:0": [[1.0, 1.0]]}).tolist() == [[5.0]]
        assert [v.name for v in tf.trainable_variables()] == ["layer/w:0"]
        assert graph.get_tensor_by_name("layer/w:0") is not None


def test_a_while_true_loop_ends_with_its_data(tf):
    data = tf.data.Dataset.from_tensor_slices(np.arange(10)).batch(4)
    batch = data.make_one_shot_iterator().get_next()
    total = tf.reduce_sum(batch)
    found = []
    with tf.Session() as sess:
        while True:
            try:
                found.append(int(sess.run(total)))
            except tf.errors.OutOfRangeError:
                break
    assert found == [6, 22, 17]
