package dev.javf.vfio.user;

import dev.javf.linux.Epoll;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

/** Waits until a connection has something to be received, or has ended. For one thread. */
final class SocketWait implements AutoCloseable {
    private static final long NS_PER_MS = 1_000_000;

    private final Epoll epoll = Epoll.create(1);
    private final UnixSocket socket;
    private boolean isForRoom;

    SocketWait(final UnixSocket socket) {
        this.socket = socket;
        epoll.add(socket.descriptor(), Libc.EPOLLIN() | Libc.EPOLLRDHUP(), 0);
    }

    /**
     * Waits.
     *
     * @param forRoom whether also for room to send.
     * @param timeoutNs how long at most; rounded up to milliseconds.
     */
    void await(final boolean forRoom, final long timeoutNs) {
        if (forRoom != isForRoom) {
            final int room = forRoom ? Libc.EPOLLOUT() : 0;
            epoll.modify(socket.descriptor(), Libc.EPOLLIN() | Libc.EPOLLRDHUP() | room, 0);
            isForRoom = forRoom;
        }
        final long timeoutMs = (timeoutNs + NS_PER_MS - 1) / NS_PER_MS;
        epoll.poll(Math.clamp(timeoutMs, 0, Integer.MAX_VALUE));
    }

    /** Whether the peer has closed, even if what it sent before has not been received yet. */
    boolean isPeerGone() {
        return epoll.poll(0) > 0
                && (epoll.eventMask(0) & (Libc.EPOLLRDHUP() | Libc.EPOLLHUP())) != 0;
    }

    @Override
    public void close() {
        epoll.close();
    }
}
