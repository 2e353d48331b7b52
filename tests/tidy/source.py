"""C++ source as the tidy rules see it: the same lines, without what the rules must not read."""

import re

_RAW_STRING = re.compile(r'R"([^()\\ ]{0,16})\(')


def _end_of_literal(text, start):
    """Index after the literal that starts at `start`, or of the line's end if it never closes."""
    raw = _RAW_STRING.match(text, start - 1) if start > 0 and text[start - 1] == "R" else None
    if raw:
        close = ")" + raw.group(1) + '"'
        end = text.find(close, raw.end())
        return len(text) if end < 0 else end + len(close)
    quote, i = text[start], start + 1
    while i < len(text) and text[i] != "\n":
        if text[i] == quote:
            return i + 1
        i += 2 if text[i] == "\\" else 1
    return i


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments and the insides of literals blanked; line numbers and columns stay."""
    out, i = [], 0
    while i < len(text):
        if text.startswith("//", i):
            end = text.find("\n", i)
            end = len(text) if end < 0 else end
            out.append(blank(text[i:end]))
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = len(text) if end < 0 else end + 2
            out.append(blank(text[i:end]))
        elif text[i] == '"' or (text[i] == "'" and not text[i - 1:i].isalnum()):  # 1'000 is a number
            end = _end_of_literal(text, i)
            out.append(text[i] + blank(text[i + 1:end - 1]) + (text[end - 1] if end > i + 1 else ""))
        else:
            out.append(text[i])
            end = i + 1
        i = end
    return "".join(out)


def includes(text):
    """(line number, path, is_quoted) of every #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def functions(text):
    """(first line, number of lines) of every function: a brace after parentheses, outside any other function.

    A heuristic, exact enough for a limit on length; lambdas count to the function that they are in.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m.group()), code_only(text), flags=re.M)
    stack, head_start, line = [], None, 1
    head = []
    for char in code:
        if char == "{":
            words = "".join(head)
            inside = any(kind == "function" for kind, _ in stack)
            container = _CONTAINER.search(re.sub(r"\(.*", "", words, flags=re.S)) or "(" not in words
            kind = "nested" if inside else "container" if container else "function"
            stack.append((kind, head_start or line))
        elif char == "}" and stack:
            kind, first = stack.pop()
            if kind == "function":
                yield first, line - first + 1
        if char in "{};":
            head, head_start = [], None
        else:
            if not char.isspace() and head_start is None:
                head_start = line
            head.append(char)
        if char == "\n":
            line += 1
