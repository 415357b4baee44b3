package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.client.JavfPort;
import dev.javf.client.JavfPortException;
import dev.javf.client.PacketHandler;
import dev.javf.client.PcapWriter;
import dev.javf.client.PortContext;
import dev.javf.client.PortListener;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/** What {@code javfctl port capture} does: reads copies of a port's packets from a ring. */
final class CaptureCommand implements PortListener {
    private static final int LIMIT = 64;
    private static final int WAIT_MS = 100;
    private static final long NS_PER_S = 1_000_000_000L;

    private final Javfctl program;
    private final String port;
    private String endReason = "";
    private long captured;

    CaptureCommand(final Javfctl program, final String port) {
        this.program = program;
        this.port = port;
    }

    private ObjectNode request(final String command) {
        return ControlClient.request(command).put("port", port);
    }

    /** Captures until there are so many packets, or the port is gone. */
    int run(final String file, final long count) throws ControlClient.FailedException {
        final String socket = program.ask(request("port capture")).path("socket").asText();
        try (JavfPort ring =
                        JavfPort.connect(
                                new PortContext().socket(socket).listener(this).wakeUps(true));
                PcapWriter writer = new PcapWriter(open(file))) {
            final PacketHandler handler =
                    (memory, offset, lengthBytes, vlan, flags) -> {
                        try {
                            writer.write(memory, offset, lengthBytes, vlan, flags, nowNs());
                        } catch (final IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    };
            writer.flush();
            while (captured < count && endReason.isEmpty()) {
                final long most = Math.min(LIMIT, count - captured);
                final int work = ring.poll(handler, (int) most);
                captured += work;
                ring.doWork();
                if (work == 0) {
                    writer.flush();
                    ring.await(WAIT_MS);
                }
            }
            report();
        } catch (final JavfPortException e) {
            throw new ControlClient.FailedException("capture: " + e.getMessage());
        } catch (final IOException | UncheckedIOException e) {
            throw new ControlClient.FailedException(file + ": " + e.getMessage());
        }
        return endReason.isEmpty() ? 0 : 1;
    }

    private void report() throws ControlClient.FailedException {
        if (!endReason.isEmpty()) {
            System.err.println("javfctl: the capture has ended: " + endReason);
            return;
        }
        final JsonNode state = program.ask(request("port show")).path("capture");
        System.err.println(
                captured
                        + " packets captured, "
                        + state.path("dropped").asLong()
                        + " dropped because they came too fast");
    }

    private static WritableByteChannel open(final String file) throws IOException {
        return file.equals("-")
                ? Channels.newChannel(System.out)
                : FileChannel.open(
                        Path.of(file),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
    }

    private static long nowNs() {
        final Instant now = Instant.now();
        return now.getEpochSecond() * NS_PER_S + now.getNano();
    }

    @Override
    public void onDisconnected(final String reason) {
        endReason = reason;
    }
}
