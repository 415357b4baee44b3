package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.PciConfigSpace;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A client that takes pages of its memory away while the model uses them. */
class LostMemoryTest {
    private static final int PAGE_BYTES = 4096;
    private static final int CONFIG = 7;

    @TempDir private Path folder;

    private final List<String> reports = new ArrayList<>();
    private final List<CopyDevice> models = List.of(new CopyDevice(), new CopyDevice());
    private final List<VfioUserServer> servers = new ArrayList<>();
    private final List<RawClient> clients = new ArrayList<>();
    private final List<SharedMemory> memories = new ArrayList<>();

    @BeforeEach
    void serveTwo() {
        for (int i = 0; i < 2; i++) {
            final UnixAddress address = new UnixAddress(folder.resolve("vf" + i).toString());
            final VfioUserServer server =
                    VfioUserServer.listen(
                            address,
                            models.get(i),
                            new VfioUserServer.Context()
                                    .unsealedMemoryAllowed(true)
                                    .report(reports::add));
            servers.add(server);
            clients.add(connect(i));
            memories.add(SharedMemory.allocate("lost-memory", 2 * PAGE_BYTES, PageSize.PLAIN_4K));
            map(i);
        }
    }

    @AfterEach
    void close() {
        clients.forEach(RawClient::close);
        servers.forEach(VfioUserServer::close);
        memories.forEach(SharedMemory::close);
        models.forEach(CopyDevice::close);
        assertThat(OpenDescriptors.mappings("lost-memory")).isZero();
    }

    private RawClient connect(final int index) {
        final RawClient client =
                RawClient.negotiated(servers.get(index), servers.get(index).address());
        assertThat(client.write(CONFIG, PciConfigSpace.COMMAND, (byte) 6, (byte) 0).errno())
                .isZero();
        return client;
    }

    private void map(final int index) {
        assertThat(
                        clients.get(index)
                                .dmaMap(3, 0, 0, 2 * PAGE_BYTES, memories.get(index).descriptor())
                                .errno())
                .isZero();
    }

    /** Has a device copy its first page to its second. */
    private void order(final int index) {
        clients.get(index)
                .write(0, CopyDevice.LENGTH_DOORBELL, (byte) 0, (byte) 16, (byte) 0, (byte) 0);
    }

    /** What whoever runs servers and models on a thread does. */
    private void work() {
        for (int i = 0; i < 3; i++) {
            try {
                servers.forEach(VfioUserServer::doWork);
                models.forEach(CopyDevice::doWork);
            } catch (final InternalError e) {
                VfioUserServer.contain(e, servers);
            }
        }
    }

    private boolean isCopied(final int index) {
        memories.get(index).segment().set(ValueLayout.JAVA_INT, 0, 0x1234 + index);
        order(index);
        work();
        return memories.get(index).segment().get(ValueLayout.JAVA_INT, PAGE_BYTES)
                == 0x1234 + index;
    }

    private void truncate(final int index, final long lengthBytes) throws IOException {
        final int fd = memories.get(index).descriptor().fd();
        try (RandomAccessFile file = new RandomAccessFile("/proc/self/fd/" + fd, "rw")) {
            file.setLength(lengthBytes);
        }
    }

    @Test
    void shouldCutOffWhoTakesPagesAwayAndServeTheOthers() throws IOException {
        assertThat(isCopied(0)).isTrue();
        assertThat(isCopied(1)).isTrue();

        truncate(0, PAGE_BYTES);
        order(0);
        work();
        assertThat(servers.get(0).isConnected()).isFalse();
        assertThat(reports.getLast())
                .startsWith("copy at ")
                .endsWith("it has taken away pages of the memory that it had mapped");
        assertThat(models.get(0).dma().size()).isZero();
        assertThat(clients.get(0).isClosedByServer()).isTrue();
        assertThat(servers.get(1).isConnected()).isTrue();
        assertThat(isCopied(1)).isTrue();

        // The next client finds a function as good as new.
        clients.get(0).close();
        truncate(0, 2 * PAGE_BYTES);
        clients.set(0, connect(0));
        map(0);
        assertThat(isCopied(0)).isTrue();
    }

    @Test
    void shouldDoSoHoweverOftenAndHoweverFastTheModelRuns() throws IOException {
        for (int i = 0; i < 200; i++) {
            assertThat(isCopied(1)).isTrue();
            truncate(0, 0);
            order(0);
            work();
            assertThat(servers.get(0).isConnected()).isFalse();
            clients.get(0).close();
            truncate(0, 2 * PAGE_BYTES);
            clients.set(0, connect(0));
            map(0);
        }
        assertThat(isCopied(0)).isTrue();
        assertThat(servers.get(1).connections()).isEqualTo(1);
    }

    @Test
    void shouldCutOffNobodyWhoseMemoryIsThereAgain() {
        final InternalError error =
                new InternalError("a fault occurred in an unsafe memory access operation");
        assertThat(VfioUserServer.contain(error, servers)).isZero();
        assertThat(servers).allMatch(VfioUserServer::isConnected);
    }

    @Test
    void shouldThrowWhatHasNothingToDoWithMemory() {
        final InternalError error = new InternalError("something else");
        assertThatThrownBy(() -> VfioUserServer.contain(error, servers)).isSameAs(error);
    }
}
