package dev.javf.linux;

import dev.javf.linux.libc.Libc;

import java.lang.foreign.ValueLayout;

/**
 * A counter in the kernel that wakes whoever polls it (eventfd(2)), never blocking. Any thread may
 * signal or drain it; neither allocates.
 */
public final class EventFd implements AutoCloseable {
    private final Descriptor descriptor;

    private EventFd(final Descriptor descriptor) {
        this.descriptor = descriptor;
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
        return new EventFd(Descriptor.owned(fd));
    }

    /**
     * One that another process passed. It is made non-blocking; that holds for the sender too, as
     * both share the open file.
     *
     * @param received becomes this object's.
     * @throws LinuxException if it is not an open descriptor.
     */
    public static EventFd create(final Descriptor received) {
        received.nonBlocking(true);
        return new EventFd(received);
    }

    /**
     * Adds 1. A counter at its maximum stays signalled, which is all a signal means.
     *
     * @throws LinuxException if the descriptor is no eventfd.
     */
    public void signal() {
        final CallState state = CallState.ofThread();
        state.word.set(ValueLayout.JAVA_LONG, 0, 1L);
        final long result =
                SystemCalls.write(state, descriptor.fd(), state.word.address(), Long.BYTES);
        if (result < 0 && result != -Libc.EAGAIN()) {
            throw new LinuxException("write(" + descriptor + ", 8 bytes)", (int) -result);
        }
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
