// A program that sends usage with OpenMeter's SDK. Usage: ingest.js EVENTS, a JSON event or a list of
// them; prints what the SDK gives back, or the error that it throws.
import { OpenMeter } from "@openmeter/sdk";

const openmeter = new OpenMeter({ baseUrl: process.env.SERVER, apiKey: process.env.KEY });
try {
  console.log(JSON.stringify(await openmeter.events.ingest(JSON.parse(process.argv[2]))));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, status: error.status, message: error.message }));
}
