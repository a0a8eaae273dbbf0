"""The plan as LLVM's instructions: loops, vectors, products, and the program around them."""
