/** The daemon. */
module dev.javf.daemon {
    requires static org.jspecify;
    requires transitive dev.javf.iavf;
    requires transitive dev.javf.packet;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.virtchnl;
    requires dev.javf.virtio;
    requires transitive org.agrona;
    requires dev.javf.sim;
    requires info.picocli;
    requires HdrHistogram;

    exports dev.javf.daemon;

    opens dev.javf.daemon.demo to
            info.picocli;
    opens dev.javf.daemon.suite to
            info.picocli;
}
