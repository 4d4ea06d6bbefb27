from services.chassis.migrate import run_here

run_here()
