"""Uploading an invoice, its result, and its file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from generations.models import Generation, InvoiceImport, InvoiceLine

AT = "2026-03-01T12:00:00Z"
ADD = "admin:generations_invoiceimport_add"
TEXT = f"request_id,cost,currency,created_at\njob-1,1.5,usd,{AT}\n=evil(),1,usd,{AT}\n"


@pytest.fixture
def billed(take):
    cost = {"amount": "1.4", "currency": "usd"}
    facts = {"status": "done", "provider_task_id": "job-1", "provider_cost_json": cost, "finished_at": timezone.now()}
    Generation.objects.filter(pk=take.pk).update(**facts)
    return take


def upload(cockpit, take, text=TEXT, **facts):
    file = SimpleUploadedFile("march.csv", text if isinstance(text, bytes) else text.encode())
    return cockpit.post(reverse(ADD), {"account": take.account.pk, "file": file, **facts}, follow=True)


def words(answer):
    return " ".join(answer.content.decode().split())


def test_the_result_shows_what_each_side_knows(cockpit, billed):
    page = words(upload(cockpit, billed))

    assert "march.csv was compared with our takes." in page
    assert "Another amount" in page and "1.5 US dollars" in page and "1.4 US dollars" in page
    invoice = InvoiceImport.objects.get()
    lines = reverse("admin:generations_invoiceline_changelist")
    listed = words(cockpit.get(lines, {"invoice__id__exact": invoice.pk, "verdict__exact": "differs"}))
    assert reverse("admin:generations_generation_change", args=[billed.pk]) in listed and "=evil()" not in listed


def test_the_lines_are_a_file_that_no_table_program_runs(cockpit, billed):
    upload(cockpit, billed)

    answer = cockpit.get(reverse("admin:generations_invoiceimport_csv", args=[InvoiceImport.objects.get().pk]))

    said = b"".join(answer.streaming_content).decode()
    assert "attachment" in answer["Content-Disposition"]
    assert f"2,Another amount,job-1,{billed.name},usd,1.5,1.500000,1.400000" in said
    assert ",=evil()" not in said and "'=evil()" in said


def test_a_file_that_is_no_invoice_is_refused_and_leaves_nothing(cockpit, billed):
    assert "Found: who, what." in words(upload(cockpit, billed, "who,what\na,b\n"))
    assert "The file is empty." in words(upload(cockpit, billed, b""))
    assert not InvoiceImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_whole(cockpit, billed):
    answer = upload(cockpit, billed, TEXT + f"x,1,usd,{AT}\n" * 1_200_000)

    assert "at most 15 MB" in words(answer)
    assert not InvoiceImport.objects.exists()


def test_columns_can_be_named(cockpit, billed):
    names = {"column_task_id": "Nr", "column_amount": "Sum", "column_currency": "In", "column_time": "When"}

    upload(cockpit, billed, f"Nr,Sum,In,When\njob-1,1.4,usd,{AT}\n", **names)

    assert InvoiceLine.objects.get().verdict == "matched"


def test_the_same_file_is_refused(cockpit, billed):
    upload(cockpit, billed)

    assert "This file was imported before" in words(upload(cockpit, billed))
    assert InvoiceImport.objects.count() == 1


def test_only_who_may_import_sees_the_form(client, billed, operator):
    operator.is_superuser = False
    operator.save()
    client.force_login(operator)

    assert client.get(reverse(ADD)).status_code == 403
    assert client.post(reverse(ADD)).status_code == 403


def test_an_import_stays(cockpit, billed):
    upload(cockpit, billed)
    invoice = InvoiceImport.objects.get()

    assert cockpit.post(reverse("admin:generations_invoiceimport_change", args=[invoice.pk]), {}).status_code == 403
    assert cockpit.post(reverse("admin:generations_invoiceimport_delete", args=[invoice.pk])).status_code == 403
    assert cockpit.get(reverse("admin:generations_invoiceimport_csv", args=[invoice.pk + 1])).status_code == 404
