"""Stands for the program."""

from asgi import app

__all__ = ["app"]
