"""Who is home: people, their devices, and the signs these give."""
