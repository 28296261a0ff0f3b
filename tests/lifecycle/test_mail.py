"""The outbox: told once, sent after the commit, and not lost to a crash or a mail server that is away."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.db.models.functions import Now
from redis import Redis
from rq import Queue, SimpleWorker

from generations import jobs, lifecycle
from generations.models import Mail
from tests.make import make_user


class Trouble(EmailBackend):
    """A mail server that does what the test says before it takes anything."""

    error = None

    def send_messages(self, messages):
        if Trouble.error is not None:
            raise Trouble.error
        return super().send_messages(messages)


@pytest.fixture
def trouble(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Trouble"

    def trouble(error):
        Trouble.error = error

    yield trouble
    Trouble.error = None


@pytest.fixture
def ana(db):
    return make_user("ana@example.com", name="Ana Ruiz")


def post(ana, key="a", **facts):
    lifecycle.post_mail(**{"key": key, "to": ana, "subject": "Hello", "text": "Good day.", **facts})
    return Mail.objects.get(key=key)


def due_again():
    Mail.objects.filter(sent_at=None, due_at__isnull=False).update(due_at=Now())


def test_a_mail_leaves_once(ana):
    row = post(ana, subject="Hello\nthere", html="<p>Good day.</p>", attachment_name="a.csv", attachment=b"1;2")

    assert (lifecycle.send_mails(), lifecycle.send_mails()) == (1, 0)

    (message,) = mail.outbox
    assert (message.to, message.subject, message.body) == (["ana@example.com"], "Hello there", "Good day.")
    assert [tuple(part) for part in message.alternatives] == [("<p>Good day.</p>", "text/html")]
    assert message.attachments[0].filename == "a.csv"
    assert message.extra_headers["Message-ID"].startswith(f"<mail-{row.pk}-")
    row.refresh_from_db()
    assert row.sent_at and (row.due_at, row.tries, row.last_error) == (None, 1, "")


def test_the_same_key_is_told_once(ana):
    post(ana)
    lifecycle.send_mails()
    post(ana, text="Again.")

    assert lifecycle.send_mails() == 0

    assert [row.text for row in Mail.objects.all()] == ["Good day."]


def test_who_is_not_active_gets_nothing(ana):
    ana.is_active = False

    lifecycle.post_mail(key="a", to=ana, subject="Hello", text="Good day.")

    assert not Mail.objects.exists()


def test_a_mail_of_what_was_rolled_back_never_existed(ana, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(ZeroDivisionError), transaction.atomic():
        post(ana)
        raise ZeroDivisionError

    assert (callbacks, Mail.objects.count()) == ([], 0)


def test_a_commit_wakes_the_workers_and_the_tick_finds_what_they_missed(
    ana, settings, django_capture_on_commit_callbacks
):
    with Redis.from_url(settings.REDIS_URL) as redis:
        waiting = Queue("mail", connection=redis)
        with django_capture_on_commit_callbacks(execute=True):
            post(ana)
        assert [job.func_name for job in waiting.jobs] == ["generations.jobs.mail"]
        redis.flushall()

        assert lifecycle.tick()["mail"] == 1

        lifecycle.send_mails()
        assert lifecycle.tick()["mail"] == 0


def test_a_worker_of_the_queue_sends_it(ana, settings, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(jobs.connection, "close", lambda: None)
    with django_capture_on_commit_callbacks(execute=True):
        post(ana)

    with Redis.from_url(settings.REDIS_URL) as redis:
        SimpleWorker([Queue("mail", connection=redis)], connection=redis).work(burst=True, logging_level="WARNING")

    assert [message.to for message in mail.outbox] == [["ana@example.com"]]


def test_a_mail_server_that_is_away_is_asked_again_with_growing_pauses(ana, trouble):
    row = post(ana)
    trouble(ConnectionRefusedError("Nobody is there."))
    pauses = []
    for _ in range(3):
        assert lifecycle.send_mails() == 0
        row = Mail.objects.annotate(asked_at=Now()).get()
        pauses.append(round((row.due_at - row.asked_at) / timedelta(minutes=5)))
        due_again()

    trouble(None)

    assert lifecycle.send_mails() == 1
    assert (pauses, row.last_error) == ([1, 2, 4], "ConnectionRefusedError: Nobody is there.")
    row.refresh_from_db()
    assert (row.tries, row.last_error) == (4, "")


def test_it_is_given_up_in_the_end_and_says_why(ana, trouble, caplog):
    row = post(ana)
    trouble(OSError("ana@example.com has no mailbox"))
    for _ in range(12):
        lifecycle.send_mails()
        due_again()

    row.refresh_from_db()
    assert (row.sent_at, row.due_at, row.tries) == (None, None, 10)
    assert "no mailbox" in row.last_error
    assert "ana@" not in caplog.text


def test_one_mail_that_cannot_be_sent_stops_no_other(ana):
    broken = make_user("broken@example.com")
    type(broken).objects.filter(pk=broken.pk).update(email="broken\n@example.com")
    post(broken, key="first")
    post(ana, key="second")

    assert lifecycle.send_mails() == 1

    assert [message.to for message in mail.outbox] == [["ana@example.com"]]
    assert "BadHeaderError" in Mail.objects.get(key="first").last_error


def test_a_crash_while_sending_repeats_it_later_and_not_at_once(ana, trouble):
    row = post(ana)
    trouble(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        lifecycle.send_mails()
    trouble(None)

    assert lifecycle.send_mails() == 0, "another worker may be sending it"
    due_again()
    assert lifecycle.send_mails() == 1

    row.refresh_from_db()
    assert row.tries == 2


def test_a_mail_that_ends_every_worker_does_not_do_so_for_ever(ana, trouble, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "mail_tries": 2}
    post(ana)
    trouble(KeyboardInterrupt())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            lifecycle.send_mails()
        due_again()

    assert lifecycle.send_mails() == 0


def test_two_workers_do_not_send_the_same(commits):
    ana, told = make_user(), []
    post(ana)

    class Slow(EmailBackend):
        def send_messages(self, messages):
            told.append(lifecycle.send_mails())  # as if another worker looked while this one sends
            return super().send_messages(messages)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend", Slow)
        assert lifecycle.send_mails() == 1

    assert (told, len(mail.outbox)) == ([0], 1)
