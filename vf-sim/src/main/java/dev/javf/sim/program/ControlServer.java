package dev.javf.sim.program;

import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import org.agrona.CloseHelper;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The simulator's control socket: a stream of lines, one command each, answered by one line of JSON
 * each, in order. Any number of clients at once. For the model's thread.
 */
final class ControlServer implements AutoCloseable {
    private static final int PERMISSIONS = 0600;

    private final UnixAddress address;
    private final UnixSocket listener;
    private final Epoll epoll;
    private final ControlCommands commands;
    private final Consumer<String> report;
    private final MemorySegment memory = Arena.ofAuto().allocate(ControlConnection.MAX_LINE_BYTES);
    private final List<ControlConnection> connections = new ArrayList<>();

    /**
     * Listens.
     *
     * @param address of the socket.
     * @param commands what clients may say.
     * @param epoll watches all sockets.
     * @param report gets what an operator may want to know, a line at a time.
     * @throws LinuxException if the address is in use or not permitted.
     */
    ControlServer(
            final UnixAddress address,
            final ControlCommands commands,
            final Epoll epoll,
            final Consumer<String> report) {
        this.address = address;
        this.commands = commands;
        this.epoll = epoll;
        this.report = report;
        listener = UnixSocket.listen(UnixSocket.Kind.STREAM, address, PERMISSIONS);
        epoll.add(listener.descriptor(), Libc.EPOLLIN(), 0);
    }

    UnixAddress address() {
        return address;
    }

    /**
     * Accepts clients and runs what they say.
     *
     * @return how much there was to do.
     */
    int doWork() {
        int count = accept();
        for (int i = connections.size() - 1; i >= 0; i--) {
            final ControlConnection connection = connections.get(i);
            count += connection.doWork();
            if (connection.isOver()) {
                connections.remove(i);
                connection.close();
                count++;
            }
        }
        return count;
    }

    private int accept() {
        try {
            final UnixSocket connected = listener.accept();
            if (connected == null) {
                return 0;
            }
            epoll.add(connected.descriptor(), Libc.EPOLLIN(), 0);
            connections.add(new ControlConnection(connected, commands, memory));
        } catch (final LinuxException e) {
            report.accept("accepting a client at " + address + " failed: " + e.getMessage());
        }
        return 1;
    }

    @Override
    public void close() {
        listener.close();
        CloseHelper.closeAll(connections);
        connections.clear();
    }
}
