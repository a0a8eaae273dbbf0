"""Operations of the compiler, that stand in no graph of a user: what lowering makes of others."""
