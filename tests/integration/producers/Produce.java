import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Scanner;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends files to a topic: arguments bootstrap and topic, lines of `key TAB file` on standard input. */
public final class Produce {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("acks", "all");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
                var lines = new Scanner(System.in, StandardCharsets.UTF_8)) {
            while (lines.hasNextLine()) {
                String[] parts = lines.nextLine().split("\t", 2);
                byte[] key = parts[0].getBytes(StandardCharsets.UTF_8);
                byte[] value = Files.readAllBytes(Path.of(parts[1]));
                producer.send(new ProducerRecord<>(arguments[1], key, value)).get();
            }
        }
    }
}
