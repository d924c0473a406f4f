"""`python -m jichitai` is the command `jichitai`."""

from jichitai.main.cli import main

if __name__ == "__main__":
    main()
