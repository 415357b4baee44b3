package dev.javf.daemon.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

class EchoHostTest {
    private static final int LEFT = 0x0A00_0001;
    private static final int RIGHT = 0x0A00_0002;
    private static final int NOBODY = 0x0A00_0003;

    private final PacketPool pool = new PacketPool("echo-test", 64);
    private final EchoHost left = host("left", "02:00:00:00:00:01", LEFT);
    private final EchoHost right = host("right", "02:00:00:00:00:02", RIGHT);
    private final PacketVector packets = new PacketVector();

    private EchoHost host(final String name, final String mac, final int address) {
        return new EchoHost(name, MacAddress.of(mac), address, pool, System::nanoTime);
    }

    private void exchange() {
        for (int i = 0; i < 4; i++) {
            left.receive(packets);
            right.transmit(packets);
            right.receive(packets);
            left.transmit(packets);
        }
    }

    @AfterEach
    void shouldHaveLostNoBuffer() {
        left.releaseBuffers();
        right.releaseBuffers();
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    @Test
    void shouldAnswerMoreThanThereAreSequenceNumbers() {
        for (int i = 0; i < 70_000; i++) {
            final CompletableFuture<Long> answer = left.ping(RIGHT);
            exchange();
            assertThat(answer).as("echo request %d", i).isCompleted();
        }
    }

    @Test
    void shouldGiveUpARequestWhen256LaterOnesAreUnanswered() {
        final CompletableFuture<Long> first = left.ping(NOBODY);
        for (int i = 0; i < 255; i++) {
            assertThat(left.ping(NOBODY)).isNotDone();
            exchange();
        }
        assertThat(first).isNotDone();
        assertThat(left.ping(NOBODY)).isNotDone();
        exchange();
        assertThatThrownBy(first::join)
                .hasCauseInstanceOf(TimeoutException.class)
                .hasMessageContaining("left: no answer to an echo request");
    }
}
