"""Runs a notebook, and presses the stop button some seconds after a file is there: NotebookStop.py NOTEBOOK EXECUTED FILE"""
import os
import signal
import sys
import threading
import time

import nbformat
from nbclient import NotebookClient

source, target, awaited = sys.argv[1:]
client = NotebookClient(nbformat.read(source, 4), timeout=600, allow_errors=True)


def press():
    while not os.path.exists(awaited):
        time.sleep(0.1)
    time.sleep(2)
    # As Jupyter does: to the kernel and its launcher, and here twice, as by an impatient finger.
    for _ in range(2):
        os.killpg(os.getpgid(client.km.provisioner.pid), signal.SIGINT)
        time.sleep(0.5)


threading.Thread(target=press, daemon=True).start()
nbformat.write(client.execute(), target)
