"""LLVM's intermediate language, written as text by small functions.

An instruction is a line of text, a value the name of its result with its type. So the compiler
reads like the code it makes, and making it costs about a microsecond an instruction. What the
instructions mean is told by LLVM's language reference (https://llvm.org/docs/LangRef.html).

Types are written as LLVM writes them: ``i64``, ``float``, ``ptr``, ``<16 x float>``. A vector is
operated on lane by lane by the same instructions as a single number.
"""

from giulgi.backends.cpu.code.ir.module import Function, Loop, Module
from giulgi.backends.cpu.code.ir.values import (
    F32,
    F64,
    I1,
    I8,
    I16,
    I32,
    I64,
    NULL,
    PTR,
    VOID,
    Value,
    bits_of,
    constant,
    constant_vector,
    element_of,
    is_float_type,
    lanes_of,
    vector_of,
)

__all__ = [
    "F32",
    "F64",
    "I1",
    "I8",
    "I16",
    "I32",
    "I64",
    "NULL",
    "PTR",
    "VOID",
    "Function",
    "Loop",
    "Module",
    "Value",
    "bits_of",
    "constant",
    "constant_vector",
    "element_of",
    "is_float_type",
    "lanes_of",
    "vector_of",
]
