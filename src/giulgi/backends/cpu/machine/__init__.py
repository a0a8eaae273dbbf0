"""From instructions to machine code: the processor, LLVM, and what is kept on disk."""
