package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;

import java.util.function.UnaryOperator;

/** The shortest Tx rings that a PF accepts, under more traffic than they have room for. */
class SmallRingTest {
    private static final int IPV4 = 0x0800;
    private static final int FRAMES = 1000;

    @Test
    void shouldSendEverythingThroughTheShortestRings() {
        try (SimulatedDaemon system =
                new SimulatedDaemonContext()
                        .functions(settings -> settings.txRingLength(64), UnaryOperator.identity())
                        .launch()) {
            final FunctionClient left = system.left();
            final FunctionClient right = system.right();
            final MemoryPort receiver = MemoryPort.of(system, right, "receiver");
            system.up(right, system.bind(right, receiver, 0));
            final PortBinding[] senders = new PortBinding[3];
            for (int i = 0; i < senders.length; i++) {
                final MemoryPort sender = MemoryPort.of(system, left, "sender" + i);
                // One VLAN for all of them; its frames are for none of the others.
                final MacAddress mac = MacAddress.of("02:00:00:00:01:0" + i);
                senders[i] = new PortBinding(sender, 0, mac, new PortCounters());
                for (int frame = 0; frame < FRAMES; frame++) {
                    sender.arrive(system.mac(right), IPV4, FRAMES * i + frame);
                }
            }
            system.up(left, senders);
            system.awaitUntil("all frames", () -> receiver.left().size() >= 3 * FRAMES);
            final int[] next = new int[senders.length];
            for (final int number : receiver.left()) {
                assertThat(number % FRAMES).isEqualTo(next[number / FRAMES]++);
            }
            assertThat(next).containsOnly(FRAMES);
        }
    }
}
