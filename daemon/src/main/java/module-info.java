/** The daemon. */
module dev.javf.daemon {
    requires static org.jspecify;
    requires transitive dev.javf.iavf;
    requires transitive dev.javf.packet;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.virtchnl;
    requires dev.javf.virtio;
    requires dev.javf.client;
    requires transitive org.agrona;
    requires transitive dev.javf.sim;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.logging;
    requires java.management;
    requires io.prometheus.metrics.model;
    requires jdk.httpserver;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires typesafe.config;
    requires transitive HdrHistogram;

    exports dev.javf.daemon;

    opens dev.javf.daemon.ctl to
            info.picocli;
    opens dev.javf.daemon.demo to
            info.picocli;
    opens dev.javf.daemon.service to
            info.picocli;
    opens dev.javf.daemon.suite to
            info.picocli;
}
