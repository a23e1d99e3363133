"""Live sources: networks that are listened to for as long as they speak."""
