package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.testing.Awaiting;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VirtioDriver;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the running daemon says of a virtual machine's card, while a driver uses it. */
class GuestCountersTest {
    private static final Pattern SAMPLE =
            Pattern.compile("javf_guest_(\\w+)\\{device=\"left\",port=\"vm\"(.*)} ([0-9.E]+)");
    private static final int GUEST_BYTES = 16 << 20;
    private static final int FRAME_BYTES = 60;

    @TempDir private Path folder;

    private JavfdProcess daemon;

    @BeforeEach
    void start() throws Exception {
        daemon =
                JavfdProcess.ready(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "ports.vm { kind = vfio-user, function = left, socket = \""
                                + folder.resolve("vm.sock")
                                + "\" }\n");
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    /** The scrape's series of the card, by what follows javf_guest_ and the port. */
    private Map<String, Double> scraped() throws IOException {
        final Matcher address = MetricsTest.ADDRESS.matcher(daemon.log());
        assertThat(address.find()).isTrue();
        final URI uri = URI.create("http://127.0.0.1:" + address.group(2) + "/metrics");
        final Map<String, Double> samples = new TreeMap<>();
        try (InputStream body = uri.toURL().openStream()) {
            final String scrape = new String(body.readAllBytes(), StandardCharsets.UTF_8);
            for (final Matcher each = SAMPLE.matcher(scrape); each.find(); ) {
                samples.put(each.group(1) + each.group(2), Double.valueOf(each.group(3)));
            }
        }
        return samples;
    }

    private double scraped(final String series) throws IOException {
        return Objects.requireNonNull(scraped().get(series), series);
    }

    private JsonNode shown() throws IOException {
        return daemon.ctl("port", "show", "vm", "--json").json().path("guest");
    }

    @Test
    void shouldFollowWhatADriverDoes() throws Exception {
        assertThat(scraped())
                .containsEntry("connected", 0.0)
                .containsEntry("driver_ready", 0.0)
                .containsEntry("drop_total,reason=\"rx_too_short\"", 0.0);
        final UnixAddress socket = new UnixAddress(folder.resolve("vm.sock").toString());
        try (SharedMemory memory = SharedMemory.allocate("guest", GUEST_BYTES, PageSize.PLAIN_4K);
                VfioUserDevice device = VfioUserDevice.open(socket, new VfioUserDevice.Context());
                VirtioDriver driver =
                        new VirtioDriver(
                                device,
                                new GuestMemory(device.mapDma(memory)),
                                Thread::onSpinWait)) {
            driver.initialize(Feature.maskOf(Feature.VERSION_1, Feature.MAC, Feature.CTRL_VQ));
            Awaiting.until("the driver", () -> scraped("driver_ready") == 1);
            assertThat(driver.transmit(0, new byte[FRAME_BYTES])).isTrue();
            assertThat(driver.transmit(0, new byte[1])).isTrue();
            Awaiting.until(
                    "the frame that is too short",
                    () -> scraped("drop_total,reason=\"rx_too_short\"") == 1);
            assertThat(scraped())
                    .containsEntry("connected", 1.0)
                    .containsEntry("connections_total", 1.0)
                    .containsEntry("driver_starts_total", 1.0)
                    .containsEntry("queue_pairs", 1.0)
                    .containsEntry("receive_packets_total", 1.0)
                    .containsEntry("receive_bytes_total", (double) FRAME_BYTES)
                    .containsEntry("interrupts_total", 0.0)
                    .containsEntry("needs_reset_total", 0.0);

            driver.status(DeviceStatus.ACKNOWLEDGE);
            Awaiting.until("NEEDS_RESET", () -> scraped("needs_reset_total") == 1);
            assertThat(scraped()).containsEntry("driver_ready", 0.0);
            final double resets = scraped("resets_total");
            driver.status(0);
            Awaiting.until("the reset", () -> scraped("resets_total") == resets + 1);
            final JsonNode card = shown();
            assertThat(card.path("needs_reset").asLong()).isEqualTo(1);
            assertThat(card.path("rx_packets").asLong()).isEqualTo(1);
            assertThat(card.path("rx_too_short").asLong()).isEqualTo(1);
            assertThat(card.path("kicks").asLong()).isPositive();
        }
        Awaiting.until("the end", () -> scraped("connected") == 0);
        assertThat(scraped()).containsEntry("needs_reset_total", 1.0);
    }
}
