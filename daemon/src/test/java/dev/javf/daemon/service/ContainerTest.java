package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** That the container's and Kubernetes' files fit the daemon and its package. */
class ContainerTest {
    private static final Path DEPLOY = Repository.file("deploy");

    @TempDir private Path folder;

    private static String manifest() throws IOException {
        return Files.readString(DEPLOY.resolve("kubernetes/javf.yaml"));
    }

    private static String group(final String pattern, final String text) {
        final Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    @Test
    void shouldGiveThePodAConfigurationThatIsRight() throws Exception {
        final String text = group("javf\\.conf: \\|\n(.*?)\n---\n", manifest());
        final Path file =
                Files.writeString(folder.resolve("javf.conf"), text.replaceAll("(?m)^ {4}", ""));
        final Configuration configuration = ConfigurationReader.read(file);
        // The device plugin makes the variable of the resource's name.
        final String resource = group("requests: \\{.*?(\\w+\\.com/\\w+):", manifest());
        assertThat(configuration.functions().getFirst().device().toString())
                .startsWith(
                        "env:PCIDEVICE_"
                                + resource.replaceAll("[./]", "_").toUpperCase(Locale.ROOT));
        final InetSocketAddress listen = Objects.requireNonNull(configuration.metrics().listen());
        assertThat(manifest()).contains("containerPort: " + listen.getPort());
    }

    @Test
    void shouldProbeWhatIsServed() throws IOException {
        final String server =
                Files.readString(
                        DEPLOY.resolve(
                                "../daemon/src/main/java/dev/javf/daemon/service/MetricsServer.java"));
        final Matcher probe = Pattern.compile("path: (/health/\\w+)").matcher(manifest());
        int probes = 0;
        while (probe.find()) {
            assertThat(server).contains("createContext(\"" + probe.group(1) + "\"");
            probes++;
        }
        assertThat(probes).isEqualTo(3);
    }

    @Test
    void shouldNameWhatThePackageInstalls() throws IOException {
        final String image = Files.readString(DEPLOY.resolve("container/Dockerfile"));
        final String packaging = Files.readString(DEPLOY.resolve("Package.java"));
        for (final String program : new String[] {"usr/sbin/javfd", "usr/bin/javfctl"}) {
            assertThat(image).contains("\"/" + program + "\"");
            assertThat(packaging).contains("\"" + program + "\"");
        }
        assertThat(packaging).contains("\"javf_\" + version + \"_amd64.deb\"");
        assertThat(image).contains("COPY javf_*_amd64.deb");
    }
}
