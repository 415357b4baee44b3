package dev.javf.linux;

import dev.javf.linux.libc.Libc;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * A network namespace (network_namespaces(7)), held by a descriptor. One that was made here has no
 * name and no file: it is gone once this descriptor, the sockets and the processes in it are,
 * however this process ends.
 *
 * <p>Any thread may use it; no method changes the namespace of the thread that calls it.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final String OF_THREAD = "/proc/thread-self/ns/net";
    private static final Path NAMED = Path.of("/run/netns");

    private final Descriptor descriptor;

    private NetworkNamespace(final Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * A new, empty namespace; its loopback device is down.
     *
     * @throws LinuxException if it isn't permitted (needs CAP_SYS_ADMIN).
     */
    public static NetworkNamespace create() {
        return onOwnThread(() -> {
            final int result = ProcessCalls.unshare(CallState.ofThread(), Libc.CLONE_NEWNET());
            if (result < 0) {
                throw failure("unshare(CLONE_NEWNET)", -result);
            }
            return new NetworkNamespace(Descriptor.open(OF_THREAD, Libc.O_RDONLY()));
        });
    }

    /** The calling thread's. */
    public static NetworkNamespace current() {
        return new NetworkNamespace(Descriptor.open(OF_THREAD, Libc.O_RDONLY()));
    }

    /**
     * One that {@code ip netns add} made.
     *
     * @param name a file of /run/netns.
     * @throws LinuxException if there is none of that name.
     */
    public static NetworkNamespace ofName(final String name) {
        if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(
                    "network namespace '" + name + "' must be a name as ip netns list shows it");
        }
        return ofPath(NAMED.resolve(name));
    }

    /**
     * The one that a process is in.
     *
     * @param pid of the process.
     * @throws LinuxException if there is no such process or it isn't ours to look at.
     */
    public static NetworkNamespace ofPid(final long pid) {
        return ofPath(Path.of("/proc/" + pid + "/ns/net"));
    }

    /**
     * The one that a file stands for: a bind mount as a container runtime makes it, or what {@link
     * #procPath()} says in another process.
     *
     * @throws LinuxException if the file can't be opened. That it is no network namespace shows
     *     when it is entered.
     */
    public static NetworkNamespace ofPath(final Path path) {
        return new NetworkNamespace(Descriptor.open(path.toString(), Libc.O_RDONLY()));
    }

    /**
     * Runs something in the namespace, on a thread of its own, and waits for it. What it opens
     * there (sockets, devices) stays in the namespace whoever uses it later.
     *
     * @param body what to run. What it throws is thrown here, checked exceptions wrapped in an
     *     {@link IllegalStateException}.
     * @return what it returned.
     * @throws LinuxException if the namespace can't be entered (needs CAP_SYS_ADMIN).
     */
    public <T extends @Nullable Object> T call(final Callable<T> body) {
        final int fd = descriptor.fd();
        return onOwnThread(() -> {
            final int result = ProcessCalls.setns(CallState.ofThread(), fd, Libc.CLONE_NEWNET());
            if (result < 0) {
                throw failure("setns(" + descriptor + ", CLONE_NEWNET)", -result);
            }
            return body.call();
        });
    }

    /** As {@link #call}, for something without a result. */
    public void run(final Runnable body) {
        this.<@Nullable Object>call(() -> {
            body.run();
            return null;
        });
    }

    /** A path by which other programs can enter it: {@code nsenter --net=PATH ip addr}. */
    public String procPath() {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor.fd();
    }

    /** The descriptor; it remains this object's. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /** Lets go of the namespace. */
    @Override
    public void close() {
        descriptor.close();
    }

    /** The kernel's name for it, such as {@code net:[4026531840]}: equal for the same namespace. */
    @Override
    public String toString() {
        if (!descriptor.isOpen()) {
            return "a closed network namespace";
        }
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor.fd())).toString();
        } catch (final IOException e) {
            return descriptor.toString();
        }
    }

    private static LinuxException failure(final String call, final int errno) {
        return errno == Libc.EPERM()
                ? new LinuxException(call, errno, "network namespaces need CAP_SYS_ADMIN")
                : new LinuxException(call, errno);
    }

    /** The thread ends with its namespace, so that no other code ever runs in it by accident. */
    private static <T extends @Nullable Object> T onOwnThread(final Callable<T> body) {
        final Outcome<T> outcome = new Outcome<>(body);
        final Thread thread = Thread.ofPlatform().name("javf-netns").start(outcome);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return outcome.get();
    }

    private static final class Outcome<T extends @Nullable Object> implements Runnable {
        private final Callable<T> body;
        private @Nullable T result;
        private @Nullable Throwable thrown;

        Outcome(final Callable<T> body) {
            this.body = body;
        }

        @Override
        public void run() {
            try {
                result = body.call();
            } catch (final Throwable t) {
                thrown = t;
            }
        }

        @SuppressWarnings("NullAway") // The result is null only if the body's type allows it.
        T get() {
            return switch (thrown) {
                case null -> result;
                case final RuntimeException e -> throw e;
                case final Error e -> throw e;
                default -> throw new IllegalStateException(thrown);
            };
        }
    }
}
