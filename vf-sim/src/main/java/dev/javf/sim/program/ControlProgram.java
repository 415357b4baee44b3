package dev.javf.sim.program;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The program {@code javf sim-ctl}: tells a running simulator one thing and prints its answer. Exit
 * status 0 when it was done, 1 when not.
 */
@Command(
        name = "javf sim-ctl",
        mixinStandardHelpOptions = true,
        description =
                "Tells the simulator whose sockets are in DIR one command, and prints its answer, a"
                        + " line of JSON. The command help lists all commands.")
public final class ControlProgram implements Callable<Integer> {
    private static final String DONE = "{\"ok\":true";

    @Parameters(
            index = "0",
            paramLabel = "DIR",
            description = "directory of the sockets, as given to javf sim --sockets")
    private Path directory = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "such as: vf 0 trust on")
    private List<String> words = List.of();

    /**
     * Runs the program.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(
                new CommandLine(new ControlProgram())
                        .setStopAtPositional(true)
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println("javf sim-ctl: " + error.getMessage());
                            return 1;
                        })
                        .execute(args));
    }

    @Override
    public Integer call() throws IOException {
        final Path socket = directory.resolve(SimulatorAgent.CONTROL_SOCKET);
        final String line = String.join(" ", words).replace('\n', ' ') + "\n";
        final String answer;
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            connect(channel, socket);
            final ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            answer =
                    new BufferedReader(
                                    new InputStreamReader(
                                            Channels.newInputStream(channel),
                                            StandardCharsets.UTF_8))
                            .readLine();
        }
        if (answer == null) {
            throw new IOException("the simulator at " + socket + " ended before it answered");
        }
        System.out.println(answer);
        return answer.startsWith(DONE) ? 0 : 1;
    }

    private static void connect(final SocketChannel channel, final Path socket) throws IOException {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (final IOException e) {
            throw new IOException(
                    "no simulator answers at "
                            + socket
                            + " ("
                            + e.getMessage()
                            + "); start one: javf sim --sockets "
                            + socket.getParent(),
                    e);
        }
    }
}
