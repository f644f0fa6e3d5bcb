"""The relay: a camera's pictures, commands, video and own page, handed on to other software and to its owner."""
