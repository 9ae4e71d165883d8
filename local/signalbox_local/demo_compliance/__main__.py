"""The demo's way in."""

import sys

from signalbox_local.demo_compliance.play import play
from signalbox_local.film import show

if __name__ == "__main__":
    sys.exit(show(play))
