"""The soak: a whole house on many cameras for hours, watched from outside and judged by its promises."""
