"""Transfers of all sizes in virtual time: the real decisions of ``spread``, and everything that
copies, or is copied from, as a model. No sockets, no threads, no waiting.

``simulate(situation)`` in ``run`` gives an ``Outcome``; ``promises`` says what is wrong with one.
"""
