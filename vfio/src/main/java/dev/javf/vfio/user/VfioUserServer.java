package dev.javf.vfio.user;

import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.MemoryFault;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.vfio.SparseMmap;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Serves a device model over the vfio-user protocol (QEMU, docs/interop/vfio-user.rst): to a
 * virtual machine (QEMU's vfio-user-pci), or to {@link VfioUserDevice} in another process. One
 * client at a time, any number one after the other; when one leaves, the function is reset and
 * nothing of it remains.
 *
 * <p>All methods are for one thread, the one that also runs the model's duty cycle: so the model
 * never touches memory that the client has just unmapped. What only sparse mappings of registers
 * and eventfds do happens in other processes, at any time.
 */
public final class VfioUserServer implements AutoCloseable {
    private static final int MESSAGES_PER_DUTY_CYCLE = 64;

    private final UnixAddress address;
    private final PciDeviceModel model;
    private final Context context;
    private final UnixSocket listener;
    private @Nullable ServerSession session;
    private String lastReport = "";
    private long connections;

    /** How to serve. A server keeps to what was set when it was made. */
    public static final class Context {
        private int permissions = 0600;
        private boolean isUnsealedMemoryAllowed;
        private long remoteDmaTimeoutNs;
        private long versionTimeoutNs = 5_000_000_000L;
        private LongSupplier nanoClock = System::nanoTime;
        private Consumer<String> report = text -> {};
        private @Nullable Epoll epoll;

        /**
         * Who may connect, as a file's permissions; 0600 by default.
         *
         * @param socketPermissions of the socket file.
         */
        public Context permissions(final int socketPermissions) {
            permissions = socketPermissions;
            return this;
        }

        /**
         * Whether to take memory that the client could shrink (a memfd without F_SEAL_SHRINK, a
         * file); by default it is not. An access to a page that is gone ends as an InternalError on
         * the model's thread, which {@link VfioUserServer#contain} is for.
         *
         * @param isAllowed whether to take it.
         */
        public Context unsealedMemoryAllowed(final boolean isAllowed) {
            isUnsealedMemoryAllowed = isAllowed;
            return this;
        }

        /**
         * How long the model waits for an answer when it copies from or to memory that came without
         * a file, before the client is cut off. 0, which is the default, makes such accesses fault.
         *
         * @param timeoutNs in nanoseconds.
         */
        public Context remoteDmaTimeoutNs(final long timeoutNs) {
            remoteDmaTimeoutNs = timeoutNs;
            return this;
        }

        /**
         * How long a client may be connected before it has said VERSION. As there is one client at
         * a time, one that says nothing keeps the others out. 5 s by default.
         *
         * @param timeoutNs in nanoseconds.
         */
        public Context versionTimeoutNs(final long timeoutNs) {
            versionTimeoutNs = timeoutNs;
            return this;
        }

        /**
         * The time, for the timeouts.
         *
         * @param clock in nanoseconds, from any start.
         */
        public Context nanoClock(final LongSupplier clock) {
            nanoClock = clock;
            return this;
        }

        /**
         * Told what an operator may want to know: who came, who left and why.
         *
         * @param listener gets one line at a time.
         */
        public Context report(final Consumer<String> listener) {
            report = listener;
            return this;
        }

        /**
         * Has the server's sockets watched, so that its thread can sleep until one of them has
         * something for {@link VfioUserServer#doWork}.
         *
         * @param watching remains the caller's; the events' token is 0.
         */
        public Context epoll(final Epoll watching) {
            epoll = watching;
            return this;
        }

        private void watch(final UnixSocket socket) {
            if (epoll != null) {
                epoll.add(socket.descriptor(), Libc.EPOLLIN(), 0);
            }
        }

        boolean isUnsealedMemoryAllowed() {
            return isUnsealedMemoryAllowed;
        }

        long remoteDmaTimeoutNs() {
            return remoteDmaTimeoutNs;
        }

        long versionTimeoutNs() {
            return versionTimeoutNs;
        }

        LongSupplier nanoClock() {
            return nanoClock;
        }
    }

    private VfioUserServer(
            final UnixAddress address,
            final PciDeviceModel model,
            final Context context,
            final UnixSocket listener) {
        this.address = address;
        this.model = model;
        this.context = context;
        this.listener = listener;
    }

    /**
     * Starts to serve; clients are answered in {@link #doWork}.
     *
     * @param address of the socket. A socket file that nobody listens to is replaced.
     * @param model the function; nobody else drives it.
     * @param context how to serve.
     * @throws LinuxException if the address is in use or not permitted.
     */
    public static VfioUserServer listen(
            final UnixAddress address, final PciDeviceModel model, final Context context) {
        for (int bar = 0; bar <= Vfio.VFIO_PCI_BAR5_REGION_INDEX(); bar++) {
            final SparseMmap mmap = model.sparseMmap(bar);
            if (mmap != null) {
                seal(mmap.memory());
            }
        }
        final UnixSocket listener =
                UnixSocket.listen(UnixSocket.Kind.STREAM, address, context.permissions);
        context.watch(listener);
        return new VfioUserServer(address, model, context, listener);
    }

    /** So that a client can't take registers' pages away from the model. */
    private static void seal(final SharedMemory memory) {
        if ((memory.seals() & Libc.F_SEAL_SHRINK()) == 0) {
            memory.seal();
        }
    }

    /**
     * Accepts, answers and lets go.
     *
     * @return how much there was to do; 0 if nothing.
     */
    public int doWork() {
        int workCount = 0;
        final ServerSession current = session;
        if (current != null) {
            workCount += current.doWork(MESSAGES_PER_DUTY_CYCLE);
            if (current.isOver()) {
                endSession(current.overReason());
                workCount++;
            }
        }
        return workCount + accept();
    }

    private int accept() {
        final UnixSocket connected;
        try {
            connected = listener.accept();
            if (connected == null) {
                return 0;
            }
            final ServerSession current = session;
            if (current != null && current.isPeerGone()) {
                endSession("the peer has closed");
            }
            if (session != null) {
                report("refused another client: one is connected");
                connected.close();
                return 1;
            }
            session = new ServerSession(connected, model, context);
            context.watch(connected);
            connections++;
            report("client of process " + connected.peerCredentials().pid() + " connected");
        } catch (final LinuxException e) {
            report("accepting a client failed: " + e.getMessage());
        }
        return 1;
    }

    private void endSession(final String reason) {
        final ServerSession current = session;
        if (current != null) {
            session = null;
            current.close();
            report("client is gone: " + reason);
        }
    }

    /** Says the same thing once only, however often a client makes it happen. */
    private void report(final String text) {
        if (!text.equals(lastReport)) {
            lastReport = text;
            context.report.accept(model.name() + " at " + address + ": " + text);
        }
    }

    /**
     * Takes the consequences when an access to a client's memory has failed because its pages are
     * gone: the client that has taken them away is cut off. Whoever runs models' duty cycles calls
     * this with what they threw, on their thread, and goes on with the next cycle. Which access it
     * was isn't known, so all servers of the thread are looked at.
     *
     * @param error what was thrown.
     * @param servers whose models have run.
     * @return how many clients were cut off; 0 if what was missing is back already.
     * @throws InternalError the same one, if it has nothing to do with clients' memory.
     */
    public static int contain(final InternalError error, final List<VfioUserServer> servers) {
        if (!MemoryFault.isCauseOf(error)) {
            throw error;
        }
        int count = 0;
        for (final VfioUserServer server : servers) {
            final ServerSession current = server.session;
            if (current != null && current.dropLostMemory()) {
                server.endSession(current.overReason());
                count++;
            }
        }
        return count;
    }

    /** Where clients find the function. */
    public UnixAddress address() {
        return address;
    }

    /** Whether a client is connected. */
    public boolean isConnected() {
        return session != null;
    }

    /** How many clients have been connected so far. */
    public long connections() {
        return connections;
    }

    /** Asks the client to let go of the function, as the kernel does before it is unbound. */
    public void requestRelease() {
        final ServerSession current = session;
        if (current != null) {
            current.interrupts().requestRelease();
        }
    }

    /** Tells the client that the function has failed and needs a reset. */
    public void reportError() {
        final ServerSession current = session;
        if (current != null) {
            current.interrupts().reportError();
        }
    }

    /** Cuts the client off, resets the function, and removes the socket. */
    @Override
    public void close() {
        listener.close();
        endSession("the server is being closed");
    }
}
