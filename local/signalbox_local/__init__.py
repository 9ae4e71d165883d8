"""The embedded AWS: moto, the real handlers, and the engines that moto lacks. Never deployed."""
