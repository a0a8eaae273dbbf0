"""Cases of ``tf.image``; run by TensorFlow, this keeps its results in ``images.npz``.

python tests/compat/golden/images.py
"""

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")

_rng = np.random.default_rng(7)
BYTES = _rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)
FLOATS = _rng.random((2, 6, 4, 3)).astype(np.float32)
BOXES = np.float32([[0, 0, 1, 1], [0.05, 0, 1, 1.05], [0.5, 0.5, 1.5, 1.5], [2, 2, 3, 3]])
SCORES = np.float32([0.6, 0.9, 0.7, 0.1])
PARTS = np.float32([[0, 0, 1, 1], [0.2, 0.1, 0.7, 1.2], [0.9, 0.8, 0.1, 0.2]])

CASES = {
    "resize_bilinear": lambda tf: tf.image.resize_images(BYTES, [8, 3]),
    "resize_bilinear_corners": lambda tf: tf.image.resize_images(FLOATS, [3, 9], 0, True),
    "resize_nearest": lambda tf: tf.image.resize_images(BYTES, [8, 3], 1),
    "resize_nearest_corners": lambda tf: tf.image.resize_nearest_neighbor(FLOATS, [4, 9], True),
    "resize_bicubic": lambda tf: tf.image.resize_images(FLOATS, [9, 3], 2),
    "resize_area": lambda tf: tf.image.resize_images(FLOATS, [4, 3], 3),
    "resize_same": lambda tf: tf.image.resize_images(BYTES, [5, 7]),
    "resize_aspect": lambda tf: tf.image.resize_images(BYTES, [10, 10], preserve_aspect_ratio=True),
    "resize_centers": lambda tf: tf.image.resize_bilinear(FLOATS, [9, 3], half_pixel_centers=True),
    "crop_or_pad": lambda tf: tf.image.resize_image_with_crop_or_pad(BYTES, 8, 4),
    "pad_box": lambda tf: tf.image.pad_to_bounding_box(BYTES, 1, 2, 8, 9),
    "crop_box": lambda tf: tf.image.crop_to_bounding_box(FLOATS, 1, 2, 3, 2),
    "central_crop": lambda tf: tf.image.central_crop(tf.constant(BYTES), 0.5),
    "rot90": lambda tf: tf.image.rot90(BYTES, 3),
    "transpose": lambda tf: tf.image.transpose(BYTES),
    "flips": lambda tf: tf.image.flip_up_down(tf.image.flip_left_right(BYTES)),
    "to_floats": lambda tf: tf.image.convert_image_dtype(BYTES, tf.float32),
    "to_bytes": lambda tf: tf.image.convert_image_dtype(FLOATS, tf.uint8),
    "to_wide": lambda tf: tf.image.convert_image_dtype(BYTES, tf.uint16),
    "brightness": lambda tf: tf.image.adjust_brightness(BYTES, 0.3),
    "contrast": lambda tf: tf.image.adjust_contrast(FLOATS, 2.0),
    "contrast_bytes": lambda tf: tf.image.adjust_contrast(BYTES, 0.5),
    "hue": lambda tf: tf.image.adjust_hue(FLOATS, 0.3),
    "saturation": lambda tf: tf.image.adjust_saturation(FLOATS, 1.7),
    "gamma": lambda tf: tf.image.adjust_gamma(FLOATS, 2.2, 0.9),
    "standardization": lambda tf: tf.image.per_image_standardization(FLOATS[0]),
    "grayscale": lambda tf: tf.image.rgb_to_grayscale(BYTES),
    "to_rgb": lambda tf: tf.image.grayscale_to_rgb(tf.constant(BYTES[..., :1])),
    "hsv": lambda tf: tf.image.rgb_to_hsv(FLOATS),
    "rgb": lambda tf: tf.image.hsv_to_rgb(FLOATS),
    "yiq": lambda tf: tf.image.rgb_to_yiq(FLOATS),
    "yuv": lambda tf: tf.image.yuv_to_rgb(FLOATS),
    "boxes": lambda tf: tf.image.draw_bounding_boxes(FLOATS, PARTS[None, :2].repeat(2, 0)),
    "suppression": lambda tf: tf.image.non_max_suppression(BOXES, SCORES, 3, 0.5),
    "crops": lambda tf: tf.image.crop_and_resize(FLOATS, PARTS, [0, 1, 1], [3, 2]),
    "psnr": lambda tf: tf.image.psnr(FLOATS, FLOATS**2, 1.0),
    "variation": lambda tf: tf.image.total_variation(tf.constant(FLOATS)),
    "gradients": lambda tf: tf.image.image_gradients(tf.constant(FLOATS))[1],
    "sobel": lambda tf: tf.image.sobel_edges(tf.constant(FLOATS)),
    "ssim": lambda tf: tf.image.ssim(
        np.tile(FLOATS, (1, 3, 4, 1)), np.tile(FLOATS, (1, 3, 4, 1)) ** 1.5, 1.0
    ),
}

if __name__ == "__main__":
    import tensorflow

    v1 = tensorflow.compat.v1
    v1.disable_eager_execution()
    with v1.Session() as session:
        np.savez_compressed(FILE, **{name: session.run(f(v1)) for name, f in CASES.items()})
