/** The daemon. */
module dev.javf.daemon {
    requires static org.jspecify;
    requires org.HdrHistogram;
    requires info.picocli;
    requires org.agrona;
    requires transitive dev.javf.iavf;
    requires transitive dev.javf.packet;
    requires dev.javf.sim;

    exports dev.javf.daemon;
}
