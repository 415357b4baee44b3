package dev.javf.virtio.pci;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.user.VfioUserServer;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A port whose other end is a virtual machine's network card: a virtio device that is served over
 * vfio-user (QEMU 10.1 and newer, {@code -device vfio-user-pci}). Machines may come and go, one at
 * a time; their memory must be sealed against shrinking, as QEMU's memory-backend-memfd is, unless
 * told otherwise. All of it, the socket included, runs on the poller's thread; so memory that a
 * machine unmaps is never touched afterwards, without any lock.
 */
public final class VfioUserPort implements PacketPort {
    /** Polls between two looks at a socket that has been silent: a look costs two system calls. */
    private static final int POLLS_PER_LOOK = 64;

    /** Looks in vain, one at each poll, after which a socket counts as silent. */
    private static final int EAGER_LOOKS = 1024;

    private final VirtioPciFunction function;
    private final VfioUserServer server;
    private final List<VfioUserServer> servers;
    private final NetworkControl network;
    private final LongSupplier nanoClock;
    private int pollsUntilLook;
    private int eagerLooks;

    /**
     * Starts to serve.
     *
     * @param address of the socket that the virtual machine's monitor connects to.
     * @param isUnsealedMemoryAllowed whether to take memory that the monitor could shrink. An
     *     access to a page that is gone ends the connection, and may cost the poller the packets of
     *     one burst; so does one to a huge page that isn't to be had, which no seal prevents.
     * @param settings of the network device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param network told what the guest wants.
     * @param nanoClock the time, for requests that the network doesn't answer.
     * @param report told what an operator may want to know, one line at a time.
     * @throws dev.javf.linux.LinuxException if the address is in use or not permitted.
     */
    public VfioUserPort(
            final UnixAddress address,
            final boolean isUnsealedMemoryAllowed,
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final LongSupplier nanoClock,
            final Consumer<String> report) {
        this.network = network;
        this.nanoClock = nanoClock;
        function = new VirtioPciFunction(settings, pool, network, report);
        server =
                VfioUserServer.listen(
                        address,
                        function,
                        new VfioUserServer.Context()
                                .unsealedMemoryAllowed(isUnsealedMemoryAllowed)
                                .report(report));
        servers = List.of(server);
    }

    /** The device behind the port. */
    public VirtioPciFunction function() {
        return function;
    }

    @Override
    public String name() {
        return function.name();
    }

    @Override
    public int doWork() {
        if (--pollsUntilLook > 0) {
            return 0;
        }
        int workCount = server.doWork();
        try {
            workCount += function.device().doWork(nanoClock.getAsLong());
        } catch (final InternalError e) {
            lose(e);
        }
        function.device().link(network.isLinkUp());
        // A guest that sets its device up waits for each answer, one after the other.
        eagerLooks = workCount > 0 ? EAGER_LOOKS : Math.max(0, eagerLooks - 1);
        pollsUntilLook = eagerLooks > 0 ? 1 : POLLS_PER_LOOK;
        return workCount;
    }

    @Override
    public int receive(final PacketVector vector) {
        final int before = vector.size();
        try {
            return function.device().receive(vector);
        } catch (final InternalError e) {
            lose(e);
            return vector.size() - before;
        }
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int before = vector.size();
        try {
            return function.device().transmit(vector);
        } catch (final InternalError e) {
            lose(e);
            return before - vector.size();
        }
    }

    /** A page of the machine's memory is gone (SIGBUS): it loses its connection, nobody else. */
    private void lose(final InternalError error) {
        if (VfioUserServer.contain(error, servers) == 0) {
            // It is there again, but a burst was left half done.
            function.fail("a page of its memory was gone");
        }
    }

    @Override
    public int offloads() {
        return function.device().offloads();
    }

    @Override
    public void close() {
        server.close();
        function.device().close();
    }
}
