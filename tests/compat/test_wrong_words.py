"""Words that are spelt wrongly: the errors name what is meant, and say it once."""

import pytest
from tests.compat.programs import giulgi_run


def test_arguments_and_activations(tf):
    with pytest.raises(TypeError, match=r"^reduce_sum\(\) got .* 'axes'\. Did you mean 'axis'\?$"):
        tf.reduce_sum(tf.ones([2]), axes=0)
    with pytest.raises(TypeError, match=r"^transpose\(\) got .* 'prem'\. Did you mean 'perm'\?$"):
        tf.transpose(tf.ones([2, 2]), prem=[1, 0])
    with pytest.raises(TypeError, match=r"^reduce_sum\(\) missing a required argument"):
        tf.reduce_sum()
    with pytest.raises(ValueError, match=r"function: rellu\. Did you mean 'relu'\?"):
        tf.layers.dense(tf.ones([2, 2]), 3, activation="rellu")


def test_a_file_with_a_loss_of_the_programs_own(tmp_path):
    pytest.importorskip("h5py")
    text = """
        import numpy as np
        from keras import backend as K
        from keras.layers import Dense
        from keras.models import Sequential, load_model

        def rmse(a, b):
            return K.sqrt(K.mean(K.square(a - b)))

        model = Sequential([Dense(2, input_dim=1)])
        model.compile("sgd", rmse)
        model.fit(np.ones((2, 1)), np.ones((2, 2)), verbose=0)
        model.save("model.h5")
        try:
            load_model("model.h5")
        except ValueError as error:
            print(error)
        print(load_model("model.h5", custom_objects={"rmse": rmse}).loss is rmse)
        model.compile("sgd", "categorical_crossentropy")
        model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    """
    ended = giulgi_run(tmp_path, text=text)
    said, is_own = ended.out.splitlines()
    assert said.endswith("load_model(..., custom_objects={'rmse': rmse})")
    assert is_own == "True"
    assert "During handling" not in ended.err
    assert ended.err.count("ShapeError: categorical_crossentropy") == 1
