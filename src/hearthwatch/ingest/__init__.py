"""What cameras push: alarm mails and uploaded files, taken in at the porch, a process of its own."""
