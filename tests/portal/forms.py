"""Reads a form from a page as a browser would send it."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, form_id):
        super().__init__()
        self.form_id = form_id
        self.fields = {}
        self._forms = []
        self._area = self._select = None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self._forms.append(given.get("id"))
        if self._forms[-1:] != [self.form_id] or "disabled" in given:
            return
        name = given.get("name")
        if tag == "input" and name and given.get("type") != "file":
            if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                self.fields[name] = given.get("value") or ""
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given["value"]

    def handle_endtag(self, tag):
        if tag == "form":
            self._forms.pop()
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data):
        if self._area:
            self.fields[self._area] += data


def read_form(response, form_id="composer"):
    """The fields of a page's form with their values; of a fragment's too, if it is wrapped in a form first."""
    reader = _Reader(form_id)
    reader.feed(response.content.decode())
    return reader.fields


def read_pieces(response):
    """The fields of the composer's pieces, as htmx puts them into the form."""
    reader = _Reader("composer")
    reader.feed(f'<form id="composer">{response.content.decode()}</form>')
    return reader.fields
