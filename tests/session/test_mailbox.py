"""What other threads send arrives here, on this thread, in its order."""

from __future__ import annotations

import threading

import shiboken6
from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from nnviz.session.mailbox import Mailbox


def test_values_of_several_threads_arrive_on_this_one_each_in_order(qtbot: QtBot) -> None:
    mailbox, arrived, threads = Mailbox(), [], set()

    def receive(value: tuple[int, int]) -> None:
        arrived.append(value)
        threads.add(QThread.currentThread())

    def send(sender: int) -> None:
        for number in range(200):
            mailbox.put((sender, number))

    mailbox.arrived.connect(receive)
    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(3)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    qtbot.waitUntil(lambda: len(arrived) == 600)
    assert threads == {QThread.currentThread()}
    for sender in range(3):
        assert [number for who, number in arrived if who == sender] == list(range(200))


def test_what_arrives_too_late_is_lost_quietly(qapp: QCoreApplication) -> None:
    mailbox, arrived = Mailbox(), []
    mailbox.arrived.connect(arrived.append)
    mailbox.put(1)
    shiboken6.delete(mailbox)
    QCoreApplication.sendPostedEvents()
    assert arrived == []
