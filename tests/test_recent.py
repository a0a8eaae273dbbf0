"""A memory of what was used most recently."""

from giulgi.recent import Recent


def test_what_is_used_is_kept_and_the_rest_forgotten():
    made = []

    def making(key):
        return lambda: made.append(key) or key.upper()

    memory = Recent(2)
    assert [memory.get(key, making(key)) for key in "abab"] == ["A", "B", "A", "B"]
    assert made == ["a", "b"]
    memory.get("a", making("a"))
    memory.get("c", making("c"))  # b was asked for longest ago
    assert len(memory) == 2
    memory.get("a", making("a"))
    memory.get("b", making("b"))
    assert made == ["a", "b", "c", "b"]
