package dev.javf.vfio.user;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) that a peer has sent. Objects become maps, arrays lists, numbers longs if
 * they are whole and doubles if not.
 */
final class JsonText {
    private static final int MAX_DEPTH = 16;

    private final String text;
    private int at;

    private JsonText(final String text) {
        this.text = text;
    }

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException if the text isn't exactly one JSON value, or is nested
     *     deeper than any honest one.
     */
    static @Nullable Object parse(final String text) {
        final JsonText json = new JsonText(text);
        final Object value = json.value(0);
        json.skipSpace();
        json.require(json.at == text.length(), "end");
        return value;
    }

    private @Nullable Object value(final int depth) {
        require(depth < MAX_DEPTH, "less depth");
        skipSpace();
        final char first = peek();
        return switch (first) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> literal("true", true);
            case 'f' -> literal("false", false);
            case 'n' -> literal("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(final int depth) {
        final Map<String, @Nullable Object> members = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (peek() == '}') {
            at++;
            return members;
        }
        while (true) {
            skipSpace();
            require(peek() == '"', "a name");
            final String name = string();
            skipSpace();
            take(':');
            members.put(name, value(depth + 1));
            skipSpace();
            if (peek() == '}') {
                at++;
                return members;
            }
            take(',');
        }
    }

    private List<@Nullable Object> array(final int depth) {
        final List<@Nullable Object> elements = new ArrayList<>();
        at++;
        skipSpace();
        if (peek() == ']') {
            at++;
            return elements;
        }
        while (true) {
            elements.add(value(depth + 1));
            skipSpace();
            if (peek() == ']') {
                at++;
                return elements;
            }
            take(',');
        }
    }

    private String string() {
        take('"');
        final StringBuilder string = new StringBuilder();
        while (peek() != '"') {
            final char c = text.charAt(at++);
            require(c >= ' ', "no control character");
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        final char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw expected("an escape sequence");
        };
    }

    private char unicode() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            final int digit = Character.digit(peek(), 16);
            require(digit >= 0, "a hexadecimal digit");
            value = (value << 4) | digit;
            at++;
        }
        return (char) value;
    }

    private @Nullable Object literal(final String word, final @Nullable Object value) {
        require(text.startsWith(word, at), word);
        at += word.length();
        return value;
    }

    private Number number() {
        final int start = at;
        while (at < text.length() && "+-0123456789.eE".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        final String digits = text.substring(start, at);
        try {
            if (digits.matches("-?(0|[1-9][0-9]*)")) {
                return Long.parseLong(digits);
            }
            require(digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"), "a value");
            return Double.parseDouble(digits);
        } catch (final NumberFormatException e) {
            throw expected("a number of at most 64 bits");
        }
    }

    private char peek() {
        require(at < text.length(), "more text");
        return text.charAt(at);
    }

    private void take(final char c) {
        require(peek() == c, "'" + c + "'");
        at++;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void require(final boolean isMet, final String what) {
        if (!isMet) {
            throw expected(what);
        }
    }

    private IllegalArgumentException expected(final String what) {
        return new IllegalArgumentException("JSON: " + what + " expected at character " + at);
    }
}
