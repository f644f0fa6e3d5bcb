"""Units, clocks, errors, retry, mailboxes, logs, files, databases, secrets: nothing here knows a camera."""
