# SPDX-License-Identifier: MIT
"""HTTP/1 messages drawn from proper ones and from oddities of fields, framing and chunks, and what three readers make of them.

It is what generated requests (test_h1_differential.py) and generated answers (test_h1_answer_differential.py) share.
"""
import random
import re

import h11

from .wire import Reader

ALONE, DRAWN = 10, 900  # of each seed: messages with each oddity alone, and with any


class Message:
    """A proper message that oddities change: each says False where there is nothing that it could change.

    A kind of message says what its start line is, and draws the rest in __init__; what oddities there are is in its `oddities`.
    """

    oddities = {}

    def __init__(self, draw, number):
        self.draw, self.label = draw, b"%06d" % number
        self.line_end, self.before = b"\r\n", b""
        self.fields, self.body, self.is_chunked = [], None, False
        self.chunks, self.trailers, self.last = [], [], b"0\r\n"

    def draw_fields(self, *own):
        """The message's own ones, which stay first, and some others."""
        self.fields = [*own, b"X-Label: " + self.label]
        self.fields += self.draw.sample([b"Accept: */*", b"X-A:1", b"X-B: \t a b \t", b"Cookie: a=b; c=d", b"X-C: \xc3\xa9", b"X-Empty:"], self.draw.randrange(4))

    def draw_body(self, framing):
        """Of a framing, "length", "chunked" or "none": the body has an end of its own, or ends with the connection."""
        self.body = self.draw.choice([b"", b"hello", b"0\r\n\r\n", bytes(range(256)), b"x" * 3000])
        self.is_chunked = framing == "chunked"
        if self.is_chunked:
            self.fields.append(b"Transfer-Encoding: chunked")
            at = sorted({0, len(self.body), *(self.draw.randrange(len(self.body) + 1) for _ in range(self.draw.randrange(3)))})
            self.chunks = [[b"%x" % (b - a), b"\r\n", self.body[a:b], b"\r\n"] for a, b in zip(at, at[1:])]
        elif framing == "length":
            self.fields.append(b"Content-Length: %d" % len(self.body))

    def make_odd(self, oddities):
        """By these, or by some of all; `odd` are those that found something to change."""
        names = oddities or self.draw.sample(sorted(self.oddities), self.draw.choice([0, 1, 1, 1, 1, 2]))
        self.odd = [name for name in names if self.oddities[name](self) is not False]

    def bytes(self):
        head = self.line_end.join([self.start_line(), *self.fields, b"", b""])
        body = self.body or b""
        if self.is_chunked:
            body = b"".join(b"".join(chunk) for chunk in self.chunks) + self.last + b"".join(t + b"\r\n" for t in self.trailers) + b"\r\n"
        return self.before + head + body

    def set(self, **changes):
        for name, values in changes.items():
            setattr(self, name, self.draw.choice(values))

    def put(self, *lines):
        self.fields.insert(self.draw.randrange(1, len(self.fields) + 1), self.draw.choice(lines))

    def change_field(self, pattern, *replacements):
        at = [i for i, f in enumerate(self.fields) if re.match(pattern, f)]
        if not at:
            return False
        i = self.draw.choice(at)
        name, _, value = self.fields[i].partition(b":")
        self.fields[i] = self.draw.choice(replacements).replace(b"NAME", name).replace(b"VALUE", value.strip())

    def change_chunk(self, part, *replacements):
        if not self.chunks:
            return False
        chunk = self.draw.choice(self.chunks)
        chunk[part] = self.draw.choice(replacements).replace(b"SIZE", chunk[part])

    def end(self, last=b"0\r\n", trailers=()):
        if not self.is_chunked:
            return False
        self.last, self.trailers = last, list(trailers)


LENGTH, CODING, ANY = rb"Content-Length", rb"Transfer-Encoding", rb"X-[ABC]|Accept|Cookie"
ODDITIES = {
    "bare-lf": lambda m: m.set(line_end=[b"\n"]),
    "name-blank": lambda m: m.change_field(ANY, b"NAME : VALUE", b"NAME\t:VALUE"),
    "name-no-token": lambda m: m.put(b"X(A): 1", b": 1", b"X\xe9: 1", b"X\0: 1"),
    "no-colon": lambda m: m.put(b"X-Nothing", b"X Nothing: 1"),
    "folded": lambda m: m.put(b" folded", b"\tfolded"),
    "value-nul": lambda m: m.put(b"X-A: a\0b"),
    "value-control": lambda m: m.put(b"X-A: a\x01b", b"X-A: \x7f", b"X-A: a\x1fb"),
    "value-space-like": lambda m: m.put(b"X-A: a\x0bb", b"X-A: a\x0cb"),
    "value-cr": lambda m: m.put(b"X-A: a\rb"),
    "length-odd": lambda m: m.change_field(LENGTH, b"NAME: +VALUE", b"NAME: -VALUE", b"NAME: 0xVALUE", b"NAME:", b"NAME: VALUE 5", b"NAME: 'VALUE'"),
    "length-blanks": lambda m: m.change_field(LENGTH, b"NAME:\tVALUE\t", b"NAME: \t VALUE \t "),
    "length-zeros": lambda m: m.change_field(LENGTH, b"NAME: 000VALUE"),
    "length-many-digits": lambda m: m.change_field(LENGTH, b"NAME: 0000000000000000VALUE", b"NAME: 00000000000000000000VALUE"),
    "length-list": lambda m: m.change_field(LENGTH, b"NAME: VALUE, VALUE", b"NAME: VALUE,VALUE"),
    "length-twice": lambda m: m.change_field(LENGTH, b"NAME: VALUE\r\nX-Between: 1\r\nNAME: VALUE"),
    "length-differing": lambda m: m.change_field(LENGTH, b"NAME: VALUE\r\nNAME: 1VALUE"),
    "both-framings": lambda m: m.change_field(CODING, b"NAME: VALUE\r\nContent-Length: 5", b"Content-Length: 0\r\nNAME: VALUE"),
    "coding-odd": lambda m: m.change_field(CODING, b"NAME: xchunked", b"NAME: gzip, chunked", b"NAME: chunked, identity", b"NAME: \x0bchunked", b"NAME: identity", b"NAME:"),
    "coding-upper": lambda m: m.change_field(CODING, b"NAME:CHUNKED", b"transfer-ENCODING: \tChunked "),
    "coding-twice": lambda m: m.change_field(CODING, b"NAME: VALUE\r\nNAME: VALUE"),
    "coding-list": lambda m: m.change_field(CODING, b"NAME: chunked, chunked", b"NAME: chunked,", b"NAME: ,chunked"),
    "size-upper": lambda m: m.change_chunk(0, b"00SIZE", b"0SIZE"),
    "size-malformed": lambda m: m.change_chunk(0, b"+SIZE", b"-SIZE", b"0xSIZE", b"SIZEg", b"", b" SIZE", b"SIZE,"),
    "size-blank-behind": lambda m: m.change_chunk(0, b"SIZE ", b"SIZE\t"),
    "size-many-digits": lambda m: m.change_chunk(0, b"0" * 16 + b"SIZE", b"0" * 15 + b"1" + b"SIZE"),
    "size-off": lambda m: m.change_chunk(0, b"SIZE0", b"1", b"7fffffff"),
    "extension": lambda m: m.change_chunk(0, b"SIZE;a=b", b'SIZE;a="b;c"', b"SIZE;a", b"SIZE;a=b;c=d", b"SIZE;"),
    "extension-blank": lambda m: m.change_chunk(0, b"SIZE ;a=b", b"SIZE; a = b"),
    "extension-control": lambda m: m.change_chunk(0, b"SIZE;a=\x01", b"SIZE;\0", b"SIZE;a\x7f"),
    "extension-cr-or-lf": lambda m: m.change_chunk(0, b"SIZE;a\nb", b"SIZE;a\rb"),
    "extension-long": lambda m: m.change_chunk(0, b"SIZE;" + b"a" * 300),
    "chunk-line-lf": lambda m: m.change_chunk(1, b"\n", b"\r", b"\r\r\n", b"\n\r\n"),
    "chunk-end": lambda m: m.change_chunk(3, b"\n", b"", b"\r", b"xx", b"\r\nx", b"\r\n\r\n"),
    "last-zeros": lambda m: m.end(b"000\r\n"),
    "last-extension": lambda m: m.end(b"0;a=b\r\n"),
    "last-lf": lambda m: m.end(b"0\n"),
    "trailer": lambda m: m.end(trailers=[b"X-T: 1", b"x-u:2"]),
    "trailer-forbidden": lambda m: m.end(trailers=[m.draw.choice([b"Content-Length: 5", b"Host: evil.test", b"Transfer-Encoding: chunked"])]),
    "trailer-malformed": lambda m: m.end(trailers=[m.draw.choice([b"X T: 1", b": 1", b"X-T", b"X-T : 1"])]),
    "trailer-folded": lambda m: m.end(trailers=[b"X-T: 1", b" 2"]),
    "trailer-nul": lambda m: m.end(trailers=[b"X-T: \0"]),
    "trailer-control": lambda m: m.end(trailers=[b"X-T: a\x01", b"X-U: \x7f"]),
}

# What h11 and the daemon judge differently: who of the two accepts, and why the daemon does not, or does. "May" is the RFC's word.
EXPLAINED = {
    "bare-lf": ("h11", "RFC 9112 section 2.2: a line feed alone may be taken as a line end, by whoever does not fear the next reader"),
    "folded": ("h11", "RFC 9112 section 5.2: folding may be refused"),
    "value-control": ("h11", "RFC 9110 section 5.5: other control bytes are invalid and may be refused"),
    "length-many-digits": ("h11", "RFC 9110 section 8.6: large numbers must not overflow; no more than 18 digits are read, zeros too"),
    "length-list": ("h11", "RFC 9110 section 8.6: a list of one number may be refused"),
    "length-twice": ("h11", "RFC 9110 section 8.6: the same number twice may be refused"),
    "both-framings": ("h11", "RFC 9112 section 6.3: both together may be refused, since it smells of smuggling"),
    "size-blank-behind": ("h11", "RFC 9112 section 7.1: no blank behind a size"),
    "size-many-digits": ("h11", "RFC 9112 section 7.1: large numbers must not overflow; no more than 16 digits are read, zeros too"),
    "extension-control": ("h11", "RFC 9112 section 7.1.1: an extension is made of tokens and quoted strings"),
    "extension-cr-or-lf": ("h11", "RFC 9112 section 7.1.1: as above, and readers of bare line ends see another body"),
    "extension-long": ("h11", "RFC 9112 section 7.1.1: extensions ought to be limited; 256 bytes a line"),
    "trailer-folded": ("h11", "RFC 9112 section 5.2, as in the head"),
    "trailer-control": ("h11", "RFC 9110 section 5.5, as in the head"),
}


def drawn(kind, seed):
    """Each oddity alone some times, then whatever comes."""
    draw = random.Random(seed)
    alone = [kind(draw, n, [name]) for n, name in enumerate(sorted(kind.oddities) * ALONE)]
    return alone + [kind(draw, n) for n in range(len(alone), len(alone) + DRAWN)]


class ExtensionReader(Reader):
    """What a strict reader takes from others: also extensions of chunks (RFC 9112 section 7.1.1), which the daemon does not write."""

    def size_of(self, line):
        return super().size_of(re.sub(rb";[\t\x20-\x7e\x80-\xff]{0,255}\Z", b"", line, count=1))


def read_by_h11(connection, data, is_reset=False):
    """The events up to the end of a message, behind which the peer ends the connection; or none, and what h11 says against it."""
    events = []
    try:
        connection.receive_data(data)
        while not events or not isinstance(events[-1], h11.EndOfMessage):
            event = connection.next_event()
            if event is h11.NEED_DATA and is_reset:
                return None, "reset"
            if event is h11.NEED_DATA:
                connection.receive_data(b"")
            else:
                events.append(event)
    except h11.RemoteProtocolError as error:
        return None, repr(error)
    return events, ""


class Verdict:
    """What the daemon, the strict reader and h11 took a message for; None: for none."""

    def __init__(self, message, data, ours, strictly, by_h11):
        self.odd, self.data, self.ours = message.odd, data, ours
        (self.strictly, self.why_strictly), (self.by_h11, self.why_h11) = strictly, by_h11

    def __repr__(self):
        readings = ["%.60r" % (reading,) for reading in (self.ours, self.strictly, self.by_h11)]
        return "odd: %s; daemon %s, strict %s, h11 %s; %s; %s; %r" % (self.odd, *readings, self.why_strictly, self.why_h11, self.data[:1000])

    def who(self):
        """Who accepts what h11 and the daemon judge differently; nothing where they do not."""
        if (self.ours is None) != (self.by_h11 is None):
            return "h11" if self.ours is None else "daemon"
        return None if self.ours == self.by_h11 else "both, another body"

    def is_explained_by(self, explained):
        return not self.who() or self.who() in [explained[name][0] for name in self.odd if name in explained]


def unneeded(verdicts, explained):
    """Reasons for a difference that no oddity shows when it is alone."""
    needed = {(v.odd[0], v.who()) for v in verdicts if len(v.odd) == 1}
    return {name for name, (who, _) in explained.items() if (name, who) not in needed}


def shown(wrong):
    return "%d of them:\n%s" % (len(wrong), "\n".join(map(repr, wrong[:20])))
