import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.text.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.exception.ParseErrorException;

/**
 * Reads a list of {template, variables} and writes it with what this version of Apache Velocity makes of each. The first
 * argument is the name that the result gets, `rendered` for the first version; of another only what differs is written.
 * A template that it cannot read is `refused`.
 */
public class Render {
  /** MessageMedia's `$esc`. What it does with a null is what Velocity Tools do: nothing comes back. */
  public static class Escape {
    public String json(Object value) {
      return value == null ? null : StringEscapeUtils.escapeJson(String.valueOf(value));
    }
  }

  public static void main(String[] args) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode cases = mapper.readTree(System.in);
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.init();
    for (JsonNode one : cases) {
      VelocityContext context = new VelocityContext();
      one.get("variables").fields().forEachRemaining((entry) -> context.put(entry.getKey(), toJava(entry.getValue())));
      context.put("esc", new Escape());
      StringWriter writer = new StringWriter();
      try {
        engine.evaluate(context, writer, "template", one.get("template").asText());
      } catch (ParseErrorException error) {
        ((ObjectNode) one).put("refused", true);
        continue;
      }
      JsonNode before = one.get("rendered");
      if (before == null || !before.asText().equals(writer.toString())) {
        ((ObjectNode) one).put(args[0], writer.toString());
      }
    }
    // Bytes: text would be written in whatever encoding this machine prefers.
    System.out.write(mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(cases));
    System.out.println();
  }

  private static Object toJava(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.fields().forEachRemaining((entry) -> map.put(entry.getKey(), toJava(entry.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach((item) -> list.add(toJava(item)));
      return list;
    }
    return node.isInt() ? (Object) node.asInt() : node.isBoolean() ? (Object) node.asBoolean() : node.asText();
  }
}
