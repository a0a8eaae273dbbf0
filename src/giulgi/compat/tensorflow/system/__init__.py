"""What a program asks of the system: flags, files, messages, devices, tests."""
