package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

class LineInputTest {
    private static final int LINE_MAX = 64;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(16);
    private final List<UnixSocket> pair = UnixSocket.pair(UnixSocket.Kind.STREAM);
    private final LineInput input = new LineInput(memory, LINE_MAX);
    private final SocketOutput output = new SocketOutput(memory);

    @BeforeEach
    void nothingYet() {
        assertThat(input.receive(pair.getLast())).isEqualTo(UnixSocket.WOULD_BLOCK);
        assertThat(input.isEmpty()).isTrue();
        assertThat(output.isEmpty()).isTrue();
    }

    @AfterEach
    void close() {
        pair.forEach(UnixSocket::close);
        arena.close();
    }

    private void send(final String text) {
        output.set(text.getBytes(StandardCharsets.US_ASCII));
        assertThat(output.send(pair.getFirst())).isEqualTo(text.length());
    }

    private String next() {
        byte[] line = input.next();
        while (line == null && input.receive(pair.getLast()) > 0) {
            line = input.next();
        }
        return line == null ? "(none)" : new String(line, StandardCharsets.US_ASCII);
    }

    @Test
    void shouldTakeLinesApart() {
        send("one\ntwo\r\n\n\r\na\rb\nhalf");
        assertThat(List.of(next(), next(), next(), next(), next()))
                .containsExactly("one", "two", "", "", "a\rb");
        assertThat(next()).isEqualTo("(none)");
        assertThat(input.isEmpty()).isFalse();
        send(" line\n");
        assertThat(next()).isEqualTo("half line");
        assertThat(input.isEmpty()).isTrue();
    }

    @Test
    void shouldTakeTheLongestLineAndNoLonger() {
        send("x".repeat(LINE_MAX - 1) + "\n");
        assertThat(next()).hasSize(LINE_MAX - 1);
        send("y".repeat(LINE_MAX + 100));
        assertThat(next()).isEqualTo("(none)");
        assertThat(input.receive(pair.getLast())).isEqualTo(LineInput.TOO_LONG);
    }

    @Test
    void shouldTellThatThePeerIsDone() {
        pair.getFirst().close();
        assertThat(input.receive(pair.getLast())).isZero();
    }

    @Test
    void shouldSendWhenThereIsRoom() {
        final byte[] much = new byte[4 << 20];
        output.set(much);
        int sent = output.send(pair.getFirst());
        assertThat(sent).isBetween(1, much.length - 1);
        assertThat(output.isEmpty()).isFalse();
        assertThatThrownBy(() -> output.set(new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("still to be sent");
        while (!output.isEmpty()) {
            assertThat(pair.getLast().receive(memory, 0, 16)).isPositive();
            sent += output.send(pair.getFirst());
        }
        assertThat(sent).isEqualTo(much.length);
        output.set(new byte[1]);
        pair.getLast().close();
        assertThat(output.send(pair.getFirst())).isNegative();
    }
}
