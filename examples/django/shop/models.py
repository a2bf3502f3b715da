from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    item = models.CharField(max_length=100)
    shipped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orders"
