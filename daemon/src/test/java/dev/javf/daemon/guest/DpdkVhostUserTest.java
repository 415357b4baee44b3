package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.UnixAddress;
import dev.javf.testing.Awaiting;
import dev.javf.virtio.vhost.VhostUserPort.Mode;

import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * DPDK's virtio-user driver on a vhost-user port that sends everything back: packets go round as
 * long as none is lost.
 */
@Tag("proof")
@Timeout(120)
class DpdkVhostUserTest {
    private static final long PACKETS = 20_000;

    @TempDir private Path folder;

    @BeforeEach
    void needsTheLab() {
        Lab.need();
    }

    private String socket() {
        return folder.resolve("vhost.sock").toString();
    }

    private String device(final String arguments) {
        return "net_virtio_user0,path=" + socket() + ",mac=02:00:00:00:00:01" + arguments;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    split, in order     | SERVER | ''
                    split, out of order | SERVER | ',in_order=0'
                    one buffer          | SERVER | ',mrg_rxbuf=0,in_order=0'
                    packed              | SERVER | ',packed_vq=1'
                    packed, plain       | SERVER | ',packed_vq=1,mrg_rxbuf=0,in_order=0'
                    1024 descriptors    | SERVER | ',queue_size=1024'
                    two queues          | SERVER | ',queues=2,cq=1'
                    DPDK listens        | CLIENT | ',server=1'
                    it listens, packed  | CLIENT | ',server=1,packed_vq=1'
                    """)
    void shouldMovePackets(final String name, final Mode mode, final String arguments)
            throws Exception {
        final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
        final VhostEcho echo = new VhostEcho(new UnixAddress(socket()), mode);
        final AgentRunner runner =
                new AgentRunner(new BackoffIdleStrategy(), errors::add, null, echo);
        AgentRunner.startOnThread(runner);
        final String queues = arguments.contains("queues=2") ? "2" : "1";
        try (Testpmd testpmd =
                new Testpmd(device(arguments), "--rxq=" + queues, "--txq=" + queues)) {
            for (int i = 0; i < 2; i++) {
                testpmd.tell("start tx_first");
                await(echo::packets, echo.packets() + PACKETS);
                testpmd.tell("stop");
                testpmd.tell("port stop 0");
                testpmd.tell("port start 0");
            }
            assertThat(testpmd.quit()).contains("RX-packets").doesNotContain("Invalid", "Cannot");
        } finally {
            runner.close();
        }
        assertThat(errors).as(name).isEmpty();
    }

    private static void await(final LongSupplier packets, final long wanted) {
        Awaiting.until(wanted + " packets", () -> packets.getAsLong(), count -> count >= wanted);
    }

    /** The back-end is killed under traffic, and traffic goes on by itself with the next one. */
    @ParameterizedTest
    @ValueSource(strings = {",server=1", ",server=1,packed_vq=1"})
    void shouldGoOnAfterTheBackEndWasKilled(final String arguments) throws Exception {
        try (Testpmd testpmd = new Testpmd(device(arguments), "--forward-mode=txonly")) {
            testpmd.tell("start");
            for (int i = 0; i < 3; i++) {
                // Nothing is said to testpmd any more: it sends, whoever is there.
                try (EchoProcess backEnd = new EchoProcess(socket())) {
                    await(backEnd::packets, PACKETS);
                }
            }
            testpmd.tell("stop");
            assertThat(testpmd.quit()).doesNotContain("Invalid", "Cannot");
        }
    }
}
