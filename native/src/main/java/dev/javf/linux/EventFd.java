package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.libc.pollfd;

import java.lang.foreign.ValueLayout;

/**
 * A counter in the kernel that wakes whoever polls it (eventfd(2)), never blocking. Any thread may
 * signal or drain it; neither allocates.
 */
public final class EventFd implements AutoCloseable {
    private static final long POLLFD_FD = pollfd.fd$offset();

    /** The events asked for; those that have happened follow. */
    private static final long POLLFD_EVENTS = pollfd.events$offset();

    private final Descriptor descriptor;
    private final boolean isReceived;

    private EventFd(final Descriptor descriptor, final boolean isReceived) {
        this.descriptor = descriptor;
        this.isReceived = isReceived;
    }

    /**
     * A new one, not signalled.
     *
     * @throws LinuxException if eventfd(2) fails.
     */
    public static EventFd create() {
        final int flags = Libc.EFD_CLOEXEC() | Libc.EFD_NONBLOCK();
        final int fd = SystemCalls.eventfd(CallState.ofThread(), 0, flags);
        if (fd < 0) {
            throw new LinuxException("eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)", -fd);
        }
        return new EventFd(Descriptor.owned(fd), false);
    }

    /**
     * One that another process passed. It is made non-blocking; that holds for the sender too, as
     * both share the open file. Because the sender may undo it, and fill the counter so that adding
     * to it would wait, {@link #signal} looks first.
     *
     * @param received becomes this object's.
     * @throws LinuxException if it is not an open descriptor.
     */
    public static EventFd create(final Descriptor received) {
        received.nonBlocking(true);
        return new EventFd(received, true);
    }

    /**
     * Adds 1. A counter at its maximum stays signalled, which is all a signal means.
     *
     * @throws LinuxException if the descriptor is no eventfd.
     */
    public void signal() {
        final CallState state = CallState.ofThread();
        if (isReceived && isFull(state)) {
            return;
        }
        state.word.set(ValueLayout.JAVA_LONG, 0, 1L);
        final long result =
                SystemCalls.write(state, descriptor.fd(), state.word.address(), Long.BYTES);
        if (result < 0 && result != -Libc.EAGAIN()) {
            throw new LinuxException("write(" + descriptor + ", 8 bytes)", (int) -result);
        }
    }

    /** Whether the counter is at its maximum: poll(2) of one struct pollfd, which is 8 bytes. */
    private boolean isFull(final CallState state) {
        state.word.set(ValueLayout.JAVA_INT, POLLFD_FD, descriptor.fd());
        state.word.set(ValueLayout.JAVA_INT, POLLFD_EVENTS, Libc.POLLOUT());
        return SystemCalls.poll(state, state.word.address(), 1, 0) == 0;
    }

    /**
     * Takes all signals at once.
     *
     * @return how many there were since the last time, 0 if none.
     * @throws LinuxException if the descriptor is no eventfd.
     */
    public long drain() {
        final CallState state = CallState.ofThread();
        final long result =
                SystemCalls.read(state, descriptor.fd(), state.word.address(), Long.BYTES);
        if (result == Long.BYTES) {
            return state.word.get(ValueLayout.JAVA_LONG, 0);
        }
        if (result < 0 && result != -Libc.EAGAIN()) {
            throw new LinuxException("read(" + descriptor + ", 8 bytes)", (int) -result);
        }
        return 0;
    }

    /** The descriptor, to be polled or passed; it remains this object's. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /** Closes the descriptor. */
    @Override
    public void close() {
        descriptor.close();
    }
}
