package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaCursor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server of a device model with a client at its socket, both on one thread; nothing may be left
 * of them.
 */
abstract class ServerRig {
    @TempDir private Path folder;

    final CopyDevice model = new CopyDevice();
    final DmaCursor cursor = new DmaCursor(model.dma());
    final List<String> reports = new ArrayList<>();
    final SharedMemory memory = SharedMemory.allocate("server-test", 16 * 4096, PageSize.PLAIN_4K);
    UnixAddress address = new UnixAddress("unset");
    VfioUserServer server;
    RawClient client;
    private long descriptorsBefore;

    @BeforeEach
    void open() {
        memory.seal();
        address = new UnixAddress(folder.resolve("vf0.sock").toString());
        descriptorsBefore = OpenDescriptors.count();
        server =
                VfioUserServer.listen(
                        address, model, new VfioUserServer.Context().report(reports::add));
        client = RawClient.negotiated(server, address);
    }

    @AfterEach
    void close() {
        client.close();
        server.doWork();
        assertThat(server.isConnected()).isFalse();
        server.close();
        assertThat(OpenDescriptors.count()).as("descriptors left").isEqualTo(descriptorsBefore);
        assertThat(OpenDescriptors.mappings("server-test")).as("ours only").isEqualTo(1);
        assertThat(model.dma().size()).isZero();
        memory.close();
        model.close();
    }

    RawClient reconnect() {
        client.close();
        server.doWork();
        client = new RawClient(server, address);
        return client;
    }
}
